package explain

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/bpgen/bpgen/symbolic"
)

// Parse reads values as one writes them on a command line: x=-2,w=[1,0.5].
func (p *Point) Parse(s string) error {
	if p.Inputs == nil {
		p.Inputs = map[string]*symbolic.Tensor{}
	}
	for _, part := range splitOutside(s) {
		if strings.TrimSpace(part) == "" {
			continue
		}
		name, value, ok := strings.Cut(part, "=")
		name = strings.TrimSpace(name)
		if !ok || name == "" {
			return fmt.Errorf("%q is not NAME=VALUE", strings.TrimSpace(part))
		}
		t, err := parseTensor(strings.TrimSpace(value))
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if p.Inputs[name] != nil {
			return fmt.Errorf("%s is given twice", name)
		}
		p.Inputs[name] = t
	}
	return nil
}

// splitOutside splits at commas that stand in no brackets.
func splitOutside(s string) []string {
	var out []string
	depth, from := 0, 0
	for i, r := range s {
		switch r {
		case '[':
			depth++
		case ']':
			depth--
		case ',':
			if depth == 0 {
				out = append(out, s[from:i])
				from = i + 1
			}
		}
	}
	return append(out, s[from:])
}

func parseTensor(s string) (*symbolic.Tensor, error) {
	if !strings.HasPrefix(s, "[") {
		v, err := strconv.ParseFloat(s, 64)
		if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, fmt.Errorf("%q is not a number", s)
		}
		return symbolic.Scalar(v), nil
	}
	var v any
	if err := json.Unmarshal([]byte(s), &v); err != nil {
		return nil, fmt.Errorf("%s is not a list of numbers", s)
	}
	return tensor(v)
}

// ReadJSON reads an object of numbers and nested arrays of numbers by name.
func (p *Point) ReadJSON(data []byte) error {
	var all map[string]any
	if err := json.Unmarshal(data, &all); err != nil {
		return err
	}
	if p.Inputs == nil {
		p.Inputs = map[string]*symbolic.Tensor{}
	}
	for name, v := range all {
		t, err := tensor(v)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		p.Inputs[name] = t
	}
	return nil
}

// ReadCSV reads a table with a row for each example. Its first line names the
// columns: x for a number, x[0], x[1] and so on for the elements of a vector.
func (p *Point) ReadCSV(data []byte) error {
	rows, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		return err
	}
	if len(rows) < 2 {
		return fmt.Errorf("there are no examples below the names of the columns")
	}
	if p.Inputs == nil {
		p.Inputs = map[string]*symbolic.Tensor{}
	}
	columns := map[string]map[int]int{} // by name and element
	for c, head := range rows[0] {
		name, at, element := strings.Cut(strings.TrimSpace(head), "[")
		k := -1
		if element {
			if k, err = strconv.Atoi(strings.TrimSuffix(at, "]")); err != nil || k < 0 || !strings.HasSuffix(at, "]") {
				return fmt.Errorf("column %d is called %q, which is neither NAME nor NAME[0]", c+1, head)
			}
		}
		if columns[name] == nil {
			columns[name] = map[int]int{}
		}
		if _, twice := columns[name][k]; twice || name == "" {
			return fmt.Errorf("column %d is called %q, as another is", c+1, head)
		}
		columns[name][k] = c
	}
	for name, at := range columns {
		_, number := at[-1]
		t := &symbolic.Tensor{Shape: []int{len(rows) - 1}}
		first := -1
		if !number {
			t.Shape, first = append(t.Shape, len(at)), 0
		}
		for r, row := range rows[1:] {
			for k := range at {
				if number && k >= 0 || !number && k >= len(at) {
					return fmt.Errorf("the columns of %s are not %[1]s[0] to %[1]s[%d]", name, len(at)-1)
				}
			}
			for k := range len(at) {
				c := at[first+k]
				v, err := strconv.ParseFloat(strings.TrimSpace(row[c]), 64)
				if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
					return fmt.Errorf("line %d, column %s: %q is not a number", r+2, rows[0][c], row[c])
				}
				t.Data = append(t.Data, v)
			}
		}
		p.Inputs[name] = t
	}
	return nil
}

// tensor makes a tensor of numbers in nested arrays, all of one length.
func tensor(v any) (*symbolic.Tensor, error) {
	switch v := v.(type) {
	case float64:
		return symbolic.Scalar(v), nil
	case bool:
		return symbolic.Scalar(float64(b2i(v))), nil
	case []any:
		out := &symbolic.Tensor{Shape: []int{len(v)}}
		for i, x := range v {
			t, err := tensor(x)
			if err != nil {
				return nil, err
			}
			shape := append([]int{len(v)}, t.Shape...)
			if i > 0 && fmt.Sprint(shape) != fmt.Sprint(out.Shape) {
				return nil, fmt.Errorf("the rows are of different lengths")
			}
			out.Shape = shape
			out.Data = append(out.Data, t.Data...)
		}
		return out, nil
	}
	return nil, fmt.Errorf("there is %v, which is not a number", v)
}
