package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
)

// A computation is a function of a program with its input prepared: run is what
// is timed, and output what is answered after it.
type computation struct {
	run    func() error
	output func() any
}

// A function of a program prepares a computation from the text of its input, and
// reads how often it is to be run.
type function func(input json.RawMessage) (computation, frequency, error)

// of is the function that decodes an input, all of whose fields must be there,
// and prepares its computation.
func of[In any](prepare func(In) (computation, error)) function {
	return func(input json.RawMessage) (computation, frequency, error) {
		var in In
		often := struct {
			Runs    float64 `json:"min_runs,omitempty"`
			Seconds float64 `json:"min_seconds,omitempty"`
		}{Runs: 1}
		if err := decode(input, &often); err != nil {
			return computation{}, frequency{}, err
		}
		if err := decode(input, &in); err != nil {
			return computation{}, frequency{}, err
		}
		c, err := prepare(in)
		return c, frequency(often), err
	}
}

// decode reads an input into the fields of a struct by their tags. What is
// missing or null is an error, unless the tag says that it may be omitted:
// left to itself package json would take either for 0.
func decode(text json.RawMessage, into any) error {
	fields := map[string]json.RawMessage{}
	if err := json.Unmarshal(text, &fields); err != nil || fields == nil {
		return fmt.Errorf("input is no object")
	}
	v := reflect.ValueOf(into).Elem()
	for i := range v.NumField() {
		name, option, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		value, ok := fields[name]
		if !ok && option == "omitempty" {
			continue
		}
		if !ok {
			return fmt.Errorf("input has no %s", name)
		}
		if err := decodeField(value, v.Field(i).Addr().Interface()); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func decodeField(text json.RawMessage, into any) error {
	if v := reflect.ValueOf(into).Elem(); v.Kind() == reflect.Struct {
		return decode(text, into)
	}
	if bytes.Contains(text, []byte("null")) {
		return fmt.Errorf("null is no number")
	}
	return json.Unmarshal(text, into)
}

// flat lays rows of n numbers one after the other.
func flat(name string, rows [][]float64, n int) ([]float64, error) {
	all := make([]float64, 0, len(rows)*n)
	for i, r := range rows {
		if len(r) != n {
			return nil, fmt.Errorf("%s[%d] has %d numbers, want %d", name, i, len(r), n)
		}
		all = append(all, r...)
	}
	return all, nil
}

// rows cuts a list into count rows of n numbers.
func rows(list []float64, count, n int) [][]float64 {
	out := make([][]float64, count)
	for i := range out {
		out[i] = list[i*n:][:n:n]
		if n == 0 {
			out[i] = []float64{} // and not null
		}
	}
	return out
}

// repeat lays count copies of a row one after the other.
func repeat(row []float64, count int) []float64 {
	all := make([]float64, 0, count*len(row))
	for range count {
		all = append(all, row...)
	}
	return all
}

// list is a slice that becomes [] if it is empty, and not null.
func list(x []float64) []float64 {
	if x == nil {
		return []float64{}
	}
	return x
}

// number is a computation whose output is one number.
func number(f func() (float64, error)) (computation, error) {
	var y float64
	return computation{
		run:    func() (err error) { y, err = f(); return },
		output: func() any { return y },
	}, nil
}

// numbers is a computation whose output is a list.
func numbers(f func() ([]float64, error)) (computation, error) {
	var y []float64
	return computation{
		run:    func() (err error) { y, err = f(); return },
		output: func() any { return list(y) },
	}, nil
}

// matrix is a computation whose output is count rows of n numbers.
func matrix(count, n int, f func() ([]float64, error)) (computation, error) {
	var y []float64
	return computation{
		run:    func() (err error) { y, err = f(); return },
		output: func() any { return rows(y, count, n) },
	}, nil
}
