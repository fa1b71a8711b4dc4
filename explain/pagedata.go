package explain

import (
	"html/template"
	"slices"
)

// pageData is what the templates show.
type pageData struct {
	Title   string
	Style   template.CSS
	Script  template.JS
	Views   []viewData
	Members []*memberData
	Model   fileData
	Go      []fileData
}

type viewData struct{ Name, Title string }

type memberData struct {
	ID                int
	Kind, Name, Doc   string
	views             []View
	Forward, Backward []*section[lineData]
	Circuit, Flow     pictures
	Flows             []flowData
	Stages            []*section[stageData]
	Verdict, At       string
	None              string // why there are no numbers
}

// Has reports whether the member is explained in that way.
func (m *memberData) Has(view string) bool {
	return slices.ContainsFunc(m.views, func(v View) bool { return v.Name == view })
}

type lineData struct {
	Value    int
	Backward bool
	Formula  template.HTML
	Plain    string // the formula as text, for who hears it
	Shape    string
	With     []template.HTML
	Heads    []headData
	Depth    int
	Paths    string
	Steps    []stepData
}

type headData struct {
	Depth int
	Text  template.HTML
}

type stepData struct {
	Rule    string
	Formula template.HTML
}

// pictures are those of a view, of which one is seen.
type pictures struct{ All []pictureData }

// Groups reports whether there is something to open and fold.
func (ps pictures) Groups() bool { return len(ps.All) > 1 }

type pictureData struct {
	Key, Title string // the key lists the groups that are open
	SVG        template.HTML
}

type flowData struct {
	ID    int
	Head  template.HTML
	Terms []template.HTML
}

type stageData struct {
	Value    int
	Formula  template.HTML
	Picture  template.HTML
	RMS, How string
	Through  string
	Bar      string
	Falls    []fallData
}

type fallData struct {
	Value   int
	Formula template.HTML
	RMS     string
}

type fileData struct {
	Name  string
	Lines []sourceLine
}

type sourceLine struct {
	N        int
	Text, At string
}
