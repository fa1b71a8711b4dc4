package driver

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/bpgen/bpgen/explain"
	"github.com/bpgen/bpgen/internal/diag"
	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/templates"
)

// A Request is what a playground asks: to explain a model, at values.
type Request struct {
	Source string `json:"source"`
	At     string `json:"at"`
}

// An Answer is the explanation to put into the page, or what is wrong.
type Answer struct {
	Errors  string `json:"errors,omitempty"`
	HTML    string `json:"html,omitempty"`
	Members int    `json:"members"`
	Lines   int    `json:"lines"` // of Go
}

// MaxModel is how many bytes a model in a playground may have.
const MaxModel = 1 << 20

// Play answers a playground. Whatever is wrong is in the answer.
func Play(r Request) (a Answer) {
	if len(r.Source) > MaxModel {
		return Answer{Errors: fmt.Sprintf("the model is longer than %d MB", MaxModel>>20)}
	}
	var failed error
	defer func() {
		if failed != nil {
			a = Answer{Errors: failed.Error()}
		}
	}()
	defer orBug("model.bp", &failed)
	point := &explain.Point{Batch: 4}
	if err := point.Parse(r.At); err != nil {
		return Answer{Errors: "values: " + err.Error()}
	}
	e, res, err := Explain("model.bp", []byte(r.Source), Options{ReadFile: noFiles, Effort: playEffort})
	if err != nil {
		return Answer{Errors: err.Error()}
	}
	if len(res.Diags) > 0 {
		var b bytes.Buffer
		if err := diag.Render(&b, res.Diags, res.Sources, false); err != nil {
			return Answer{Errors: err.Error()}
		}
		return Answer{Errors: b.String()}
	}
	if err := e.Keep(nil); err != nil {
		return Answer{Errors: err.Error()}
	}
	if err := e.Fits(point); err != nil {
		return Answer{Errors: "values: " + err.Error()}
	}
	html, err := e.Fragment(explain.Views(), point)
	if symbolic.OfModel(err) {
		return Answer{Errors: "model.bp: " + err.Error()}
	}
	if err != nil {
		return Answer{Errors: err.Error()}
	}
	a = Answer{HTML: html, Members: len(e.Derivations)}
	for _, f := range e.Go {
		a.Lines += strings.Count(string(f.Data), "\n")
	}
	return a
}

// noFiles lets a model in a page import the library only.
func noFiles(path string) ([]byte, error) {
	return nil, errors.New("a model in a page can't read files")
}

// Lecture are the models that a playground begins with, and values at which
// the lecture looks at them.
func Lecture() []explain.Starter {
	at := map[string]string{
		"circuit": "x=-2,y=5,z=-4",
		"neuron":  "w=[2,-3,-3],x=[-1,-2]",
	}
	var out []explain.Starter
	for _, m := range templates.Lecture() {
		out = append(out, explain.Starter{Name: m.Name, Text: m.Text, At: at[m.Name]})
	}
	return out
}
