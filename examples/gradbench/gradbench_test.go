package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A testCase is an input of a program and what its functions make of it.
type testCase struct {
	Name   string                     `json:"name"`
	Size   string                     `json:"size"`
	Input  json.RawMessage            `json:"input"`
	Golden map[string]json.RawMessage `json:"golden"`
	Tol    float64                    `json:"tol"`
}

// TestShared holds the programs against the cases of the suite's driver.
func TestShared(t *testing.T) {
	for _, name := range sortedKeys(programs) {
		text, err := os.ReadFile("../../../shared/gradbench/cases/" + name + ".json.gz")
		if errors.Is(err, fs.ErrNotExist) {
			t.Skip("no cases beside the checkout")
		}
		if err != nil {
			t.Fatal(err)
		}
		z, err := gzip.NewReader(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		var cases []testCase
		if err := json.NewDecoder(z).Decode(&cases); err != nil {
			t.Fatal(err)
		}
		hold(t, name, cases)
	}
}

// TestCases holds the programs against testdata, whose goldens oracle.py there
// has computed.
func TestCases(t *testing.T) {
	seen := map[string]bool{}
	paths, _ := filepath.Glob("testdata/*.json")
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var cases []testCase
		if err := json.Unmarshal(text, &cases); err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSuffix(filepath.Base(path), ".json")
		seen[name] = true
		hold(t, name, cases)
	}
	for name := range programs {
		if !seen[name] {
			t.Errorf("testdata has no cases of %s", name)
		}
	}
}

// hold sends the cases of a program as messages and compares the answers.
func hold(t *testing.T, name string, cases []testCase) {
	for _, c := range cases {
		if c.Size != "" && c.Size != "small" {
			continue
		}
		for _, f := range sortedKeys(c.Golden) {
			t.Run(name+"/"+f+"/"+c.Name, func(t *testing.T) {
				line := fmt.Sprintf(`{"id": 7, "kind": "evaluate", "module": %q, "function": %q, "input": %s}`, name, f, c.Input)
				r := ask(t, line)[0]
				if r["success"] != true {
					t.Fatal(r["error"])
				}
				var want any
				if err := json.Unmarshal(c.Golden[f], &want); err != nil {
					t.Fatal(err)
				}
				tol := c.Tol
				if tol == 0 {
					tol = 1e-8
				}
				compare(t, tol, want, r["output"])
			})
		}
	}
}

// compare wants the structure of the golden output, and each number within tol
// of the largest of its key.
func compare(t *testing.T, tol float64, want, got any) {
	t.Helper()
	if w, ok := want.(map[string]any); ok {
		g, ok := got.(map[string]any)
		if !ok || !slices.Equal(sortedKeys(w), sortedKeys(g)) {
			t.Fatalf("have %v, want keys %v", got, sortedKeys(w))
		}
		for k := range w {
			compare(t, tol, w[k], g[k])
		}
		return
	}
	most := largest(want)
	if most == 0 {
		most = 1
	}
	if err := near(tol*most, want, got); err != nil {
		t.Error(err)
	}
}

func largest(v any) float64 {
	most := 0.0
	switch v := v.(type) {
	case float64:
		most = math.Abs(v)
	case []any:
		for _, e := range v {
			most = max(most, largest(e))
		}
	case map[string]any:
		for _, e := range v {
			most = max(most, largest(e))
		}
	}
	return most
}

func near(tol float64, want, got any) error {
	switch w := want.(type) {
	case float64:
		if g, ok := got.(float64); !ok || !(math.Abs(g-w) <= tol) {
			return fmt.Errorf("have %v, want %v", got, want)
		}
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != len(w) {
			return fmt.Errorf("have %v, want a list of %d", got, len(w))
		}
		for i := range w {
			if err := near(tol, w[i], g[i]); err != nil {
				return fmt.Errorf("[%d]: %w", i, err)
			}
		}
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok || !slices.Equal(sortedKeys(w), sortedKeys(g)) {
			return fmt.Errorf("have %v, want keys %v", got, sortedKeys(w))
		}
		for k := range w {
			if err := near(tol, w[k], g[k]); err != nil {
				return fmt.Errorf("%s: %w", k, err)
			}
		}
	}
	return nil
}

func sortedKeys[V any](m map[string]V) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// ask sends lines to the tool and returns its answers, one for each.
func ask(t *testing.T, lines ...string) []map[string]any {
	t.Helper()
	var out bytes.Buffer
	if err := serve(strings.NewReader(strings.Join(lines, "\n")), &out); err != nil {
		t.Fatal(err)
	}
	var answers []map[string]any
	for _, line := range strings.Split(strings.TrimSpace(out.String()), "\n") {
		var a map[string]any
		if err := json.Unmarshal([]byte(line), &a); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		answers = append(answers, a)
	}
	if len(answers) != len(lines) {
		t.Fatalf("%d answers to %d lines", len(answers), len(lines))
	}
	return answers
}

// TestProtocol wants an answer with its id to every message, and the exchange
// to go on after what cannot be done.
func TestProtocol(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{`{"id": 0, "kind": "start", "eval": "gmm", "config": {}}`, `{"id":0,"tool":"bpgen"}`},
		{`{"id": 1, "kind": "define", "module": "gmm"}`, `{"id":1,"success":true}`},
		{`{"id": 2, "kind": "define", "module": "gmn"}`, `{"id":2,"success":false,"error":"there is no module \"gmn\""}`},
		{`{"id": 3, "kind": "analysis", "of": 2, "valid": true}`, `{"id":3}`},
		{`{"id": 4, "kind": "something else"}`, `{"id":4}`},
		{`{"kind": "start"}`, `{"id":null,"tool":"bpgen"}`},
		{`{"id": 5, "kind": "evaluate", "module": "gmm", "function": "hessian", "input": {}}`, `module gmm has no function`},
		{`{"id": 6, "kind": "evaluate", "module": "lse", "function": "primal"}`, `input is no object`},
		{`{"id": 7, "kind": "evaluate", "module": "lse", "function": "primal", "input": null}`, `input is no object`},
		{`{"id": 8, "kind": "evaluate", "module": "lse", "function": "primal", "input": {}}`, `input has no x`},
		{`{"id": 9, "kind": "evaluate", "module": "lse", "function": "primal", "input": {"x": null}}`, `x: null is no number`},
		{`{"id": 10, "kind": "evaluate", "module": "lse", "function": "primal", "input": {"x": [1, null]}}`, `x: null is no number`},
		{`{"id": 11, "kind": "evaluate", "module": "lse", "function": "primal", "input": {"x": [1, 1e999]}}`, `x: json`},
		{`{"id": 12, "kind": "evaluate", "module": "lse", "function": "primal", "input": {"x": []}}`, `the output holds -Inf`},
		{`{"id": 13, "kind": "evaluate", "module": "lse", "function": "primal", "input": {"x": [Infinity]}}`, `"id":13`},
		{`{"id": 14, "kind": "evaluate", "module": "llsq", "function": "primal", "input": {"x": [1], "n": 1}}`, `the output holds NaN`},
		{`{"id": 15, "kind": "evaluate", "module": "llsq", "function": "primal", "input": {"x": [1], "n": -1}}`, `llsq.primal: `},
		{`{"id": 16, "kind": "evaluate", "module": "kmeans", "function": "cost", "input": {"points": [[1, 2], [3]], "centroids": [[1, 2]]}}`, `points[1] has 1 numbers, want 2`},
		{`{"id": 17, "kind": "evaluate", "module": "ba", "function": "jacobian", "input": {"n": 0, "m": 1, "p": 10, "cam": [], "x": [], "w": 1, "feat": []}}`, `at least 1`},
		{`{"id": 18, "kind": "evaluate", "module": "hello", "function": "square", "input": "3"}`, `input is no number`},
		{`{"id": 19, "kind": "evaluate", "module": "hello", "function": "square", "input": null}`, `input is no number`},
		{`{"id": 20, "kind": 3}`, `"id":20`},
		{`[1, 2]`, `{"id":null,"success":false`},
		{`nonsense`, `{"id":null,"success":false`},
	} {
		a := string(answer([]byte(c.line)))
		if !strings.Contains(strings.ReplaceAll(a, `\"`, `"`), strings.ReplaceAll(c.want, `\"`, `"`)) || strings.Contains(a, "\n") {
			t.Errorf("%s: have %s, want %s", c.line, a, c.want)
		}
	}
}

// TestLines wants lines of any length, lines that end in \r\n, empty ones, and
// one that nothing ends.
func TestLines(t *testing.T) {
	x := strings.Repeat("0.5, ", 1<<18) + "0.5" // more than a megabyte
	var out bytes.Buffer
	in := `{"id": 1, "kind": "start"}` + "\r\n\n" +
		`{"id": 2, "kind": "evaluate", "module": "lse", "function": "gradient", "input": {"x": [` + x + `]}}` + "\n" +
		`{"id": 3, "kind": "analysis"}`
	if err := serve(strings.NewReader(in), &out); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 3 || !strings.HasPrefix(lines[1], `{"id":2,"success":true,"output":[`) || lines[2] != `{"id":3}` {
		t.Errorf("%d lines", len(lines))
	}
}

// TestFrequency wants as many runs as are asked for, by number and by time.
func TestFrequency(t *testing.T) {
	line := `{"id": 1, "kind": "evaluate", "module": "lse", "function": "primal", "input": {"x": [1, 2]%s}}`
	for _, c := range []struct {
		often   string
		runs    int
		seconds float64
	}{
		{``, 1, 0},
		{`, "min_runs": 5, "min_seconds": 0`, 5, 0},
		{`, "min_runs": 2.0, "min_seconds": 0.01`, 2, 0.01},
		{`, "min_runs": 0, "min_seconds": 0`, 1, 0},
	} {
		a := ask(t, fmt.Sprintf(line, c.often))[0]
		sum, timings := 0.0, a["timings"].([]any)
		for _, m := range timings {
			if m := m.(map[string]any); m["name"] != "evaluate" {
				t.Errorf("a timing is named %v", m["name"])
			}
			sum += m.(map[string]any)["nanoseconds"].(float64) / 1e9
		}
		if c.seconds == 0 && len(timings) != c.runs || len(timings) < c.runs || sum < c.seconds {
			t.Errorf("%s: %d runs in %g s", c.often, len(timings), sum)
		}
	}
}
