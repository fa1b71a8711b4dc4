package explain

import (
	"fmt"
	"html"
	"slices"
	"strings"

	"github.com/bpgen/bpgen/symbolic"
)

// Formats lists what an explanation can be written as.
func Formats() []string { return []string{"text", "html", "svg", "latex", "markdown"} }

// Keep leaves only the members with the given names; no names: all.
func (e *Explanation) Keep(names []string) error {
	if len(e.Derivations) == 0 {
		return fmt.Errorf("there is no func or model with a derivative")
	}
	if len(names) == 0 {
		return nil
	}
	var kept []*Derivation
	var all []string
	for _, d := range e.Derivations {
		all = append(all, d.Name)
		if slices.Contains(names, d.Name) {
			kept = append(kept, d)
		}
	}
	for _, n := range names {
		if !slices.Contains(all, n) {
			return fmt.Errorf("no func or model with a derivative is called %s; there are %s", n, list(all))
		}
	}
	e.Derivations = kept
	return nil
}

// guarded runs f, and returns an error where that takes too much work.
func guarded(f func() error) (err error) {
	if over := symbolic.Guard(func() { err = f() }); over != nil {
		return over
	}
	return err
}

// Write writes the explanation in a format.
func (e *Explanation) Write(format string, views []View, p *Point, o Options) (text string, err error) {
	err = guarded(func() (err error) {
		text, err = e.write(format, views, p, o)
		return err
	})
	return text, err
}

func (e *Explanation) write(format string, views []View, p *Point, o Options) (string, error) {
	switch format {
	case "html":
		return e.HTML(views, p)
	case "latex":
		return LaTeX(e.Derivations, views, p, e.Title, o)
	case "markdown":
		return Markdown(e.Derivations, views, p, e.Title, o)
	case "svg":
		return e.svg(views[0], p, o)
	}
	return Text(e.Derivations, views, p, o)
}

// svg writes a view of the first member as a drawing; what is no drawing
// becomes one of lines of text.
func (e *Explanation) svg(v View, p *Point, o Options) (string, error) {
	if len(e.Derivations) > 1 {
		var names []string
		for _, d := range e.Derivations {
			names = append(names, d.Name)
		}
		return "", fmt.Errorf("a drawing is of one func or model, name it: %s", list(names))
	}
	d := e.Derivations[0]
	if v.diagram != nil {
		drawing, err := v.diagram(d, p, o)
		if err != nil {
			return "", err
		}
		return drawing.SVG(true)
	}
	s, err := v.text(d, p, Options{Width: 90})
	if err != nil {
		return "", err
	}
	return textSVG(s, title(v.Name)+" of "+d.Name), nil
}

// textSVG draws lines of text.
func textSVG(s, title string) string {
	lines := strings.Split(strings.TrimRight(s, "\n"), "\n")
	wide := 0
	for _, l := range lines {
		wide = max(wide, columns(l))
	}
	var b strings.Builder
	w, h := charWidth*float64(wide)+2*margin, lineSkip*float64(len(lines))+2*margin
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %.0f" width="%.0f" height="%.0f" role="img" aria-label="%s">`+"\n", w, h, w, h, html.EscapeString(title))
	fmt.Fprintf(&b, "<title>%s</title>\n<style>%stext{text-anchor:start;white-space:pre}</style>\n", html.EscapeString(title), standaloneStyle)
	for i, l := range lines {
		fmt.Fprintf(&b, `<text x="%d" y="%.0f" xml:space="preserve">%s</text>`+"\n", margin, margin+lineSkip*float64(i+1)-4, html.EscapeString(l))
	}
	b.WriteString("</svg>\n")
	return b.String()
}
