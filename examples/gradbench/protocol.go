package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// A message is what a line of the input says.
type message struct {
	ID       json.RawMessage `json:"id"`
	Kind     string          `json:"kind"`
	Module   string          `json:"module"`
	Function string          `json:"function"`
	Input    json.RawMessage `json:"input"`
}

// A reply is a line of the output. Replies to messages that only want to be
// acknowledged have an id and nothing else.
type reply struct {
	ID      json.RawMessage `json:"id"`
	Tool    string          `json:"tool,omitempty"`
	Success *bool           `json:"success,omitempty"`
	Output  any             `json:"output,omitempty"`
	Timings []timing        `json:"timings,omitempty"`
	Error   string          `json:"error,omitempty"`
}

// A timing is how long one run took.
type timing struct {
	Name        string `json:"name"`
	Nanoseconds int64  `json:"nanoseconds"`
}

// serve answers each line of r on w, until r ends.
func serve(r io.Reader, w io.Writer) error {
	in := bufio.NewReaderSize(r, 1<<20)
	out := bufio.NewWriterSize(w, 1<<20)
	for {
		// A line may have any length: the largest of the suite's own have 37 MB.
		line, err := in.ReadBytes('\n')
		if len(bytes.TrimSpace(line)) > 0 {
			out.Write(answer(line))
			out.WriteByte('\n')
			if err := out.Flush(); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// answer is the reply to a line.
func answer(line []byte) []byte {
	var m message
	var a reply
	if err := json.Unmarshal(line, &m); err != nil {
		a = failed(fmt.Errorf("not a message: %w", err))
		m.ID = idOf(line)
	} else {
		switch m.Kind {
		case "start":
			a.Tool = "bpgen"
		case "define":
			if _, ok := programs[m.Module]; ok {
				a = succeeded(nil)
			} else {
				a = failed(fmt.Errorf("there is no module %q", m.Module))
			}
		case "evaluate":
			a = evaluate(m)
		}
	}
	if m.ID == nil {
		m.ID = json.RawMessage("null")
	}
	a.ID = m.ID
	text, err := json.Marshal(a)
	if err != nil { // NaN and infinities are no JSON
		var bad *json.UnsupportedValueError
		if errors.As(err, &bad) {
			err = fmt.Errorf("the output holds %s", bad.Str)
		}
		f := failed(err)
		f.ID, f.Timings = a.ID, a.Timings
		text, _ = json.Marshal(f) // an error is text, and an id was read from JSON
	}
	return text
}

// idOf is the id in a line that is no message, as far as the line can be read.
func idOf(line []byte) json.RawMessage {
	d := json.NewDecoder(bytes.NewReader(line))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil
	}
	for {
		key, err := d.Token()
		if err != nil {
			return nil
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil
		}
		if key == "id" {
			return value
		}
	}
}

func succeeded(output any) reply {
	yes := true
	return reply{Success: &yes, Output: output}
}

func failed(err error) reply {
	no := false
	return reply{Success: &no, Error: err.Error()}
}

// evaluate runs a function of a program on the input of a message.
func evaluate(m message) (a reply) {
	defer func() { // a computation that goes wrong is no reason to answer nothing more
		if r := recover(); r != nil {
			a = failed(fmt.Errorf("%s.%s: %v", m.Module, m.Function, r))
		}
	}()
	functions, ok := programs[m.Module]
	if !ok {
		return failed(fmt.Errorf("there is no module %q", m.Module))
	}
	f, ok := functions[m.Function]
	if !ok {
		return failed(fmt.Errorf("module %s has no function %q", m.Module, m.Function))
	}
	c, often, err := f(m.Input)
	if err != nil {
		return failed(fmt.Errorf("%s.%s: %w", m.Module, m.Function, err))
	}
	timings, err := measure(c.run, often)
	if err != nil {
		return failed(fmt.Errorf("%s.%s: %w", m.Module, m.Function, err))
	}
	a = succeeded(c.output())
	a.Timings = timings
	return a
}

// A frequency says how often an evaluation is to be run: this many times, and
// until the runs have taken so long together.
type frequency struct {
	Runs    float64
	Seconds float64
}

// measure runs f and says how long each run took.
func measure(f func() error, often frequency) ([]timing, error) {
	var timings []timing
	var sum time.Duration
	for len(timings) == 0 || float64(len(timings)) < often.Runs || sum.Seconds() < often.Seconds {
		start := time.Now()
		err := f()
		d := time.Since(start)
		if err != nil {
			return nil, err
		}
		timings = append(timings, timing{"evaluate", d.Nanoseconds()})
		sum += max(d, 1) // a clock that stands still is no reason to run for ever
	}
	return timings, nil
}
