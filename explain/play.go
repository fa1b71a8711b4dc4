package explain

import (
	"encoding/json"
	"html/template"
	"strings"
)

// A Starter is a model to begin with in the playground.
type Starter struct {
	Name string `json:"name"`
	Text string `json:"text"`
	At   string `json:"at,omitempty"` // values to look at it with
}

// Playground writes the page in which one edits a model.
func Playground(starters []Starter) (string, error) {
	texts, err := json.Marshal(starters)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	err = templates.ExecuteTemplate(&b, "play.html.tmpl", struct {
		Style        template.CSS
		Script, Play template.JS
		Starters     []Starter
		Texts        template.JS
	}{
		template.CSS(asset("page.css") + drawingStyle), template.JS(asset("page.js")), template.JS(asset("play.js")),
		starters, template.JS(texts),
	})
	return b.String(), err
}

// Worker is the script of a worker that answers in the place of a server.
func Worker() string { return asset("worker.js") }
