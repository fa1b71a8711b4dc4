package templates

import (
	"embed"
	"strings"
)

//go:embed bp/lecture/*.bp
var lecture embed.FS

// A Model is the text of a model with the name that it goes by.
type Model struct{ Name, Text string }

// Lecture returns the models of a first lecture on backpropagation, in its
// order.
func Lecture() []Model {
	entries, err := lecture.ReadDir("bp/lecture")
	if err != nil {
		panic(err) // it is embedded
	}
	var out []Model
	for _, e := range entries {
		text, err := lecture.ReadFile("bp/lecture/" + e.Name())
		if err != nil {
			panic(err)
		}
		_, name, _ := strings.Cut(strings.TrimSuffix(e.Name(), ".bp"), "-")
		out = append(out, Model{name, string(text)})
	}
	return out
}
