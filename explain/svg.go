package explain

import (
	"fmt"
	"html"
	"strings"
)

// margin is the white around a drawing.
const margin = 8

// SVG draws the diagram. Standalone drawings carry their own style; a page has
// it once.
func (d *Diagram) SVG(standalone bool) (string, error) {
	if err := d.place(); err != nil {
		return "", err
	}
	var b strings.Builder
	ns := ""
	if standalone {
		ns = ` xmlns="http://www.w3.org/2000/svg"`
	}
	w, h := d.Width+2*margin, d.Height+2*margin
	fmt.Fprintf(&b, `<svg%s class="diagram" viewBox="0 0 %.0f %.0f" width="%.0f" height="%.0f" role="group" aria-label="%s">`+"\n",
		ns, w, h, w, h, html.EscapeString(d.Title))
	fmt.Fprintf(&b, "<title>%s</title>\n", html.EscapeString(d.Title))
	if standalone {
		b.WriteString("<style>" + standaloneStyle + "</style>\n")
	}
	fmt.Fprintf(&b, `<g transform="translate(%d %d)">`+"\n", margin, margin)
	for _, a := range d.Lines {
		a.svg(&b)
	}
	for _, f := range d.Frames {
		f.svg(&b)
	}
	for _, x := range d.Boxes {
		x.svg(&b, d.Down)
	}
	b.WriteString("</g></svg>\n")
	return b.String(), nil
}

func space(s string) string {
	if s == "" {
		return ""
	}
	return " " + s
}

func (a *Arrow) svg(b *strings.Builder) {
	if len(a.points) == 0 {
		return
	}
	fmt.Fprintf(b, `<g class="wire %s"%s>`, a.Kind, space(a.Link))
	if a.Title != "" {
		fmt.Fprintf(b, "<title>%s</title>", html.EscapeString(a.Title))
	}
	fmt.Fprintf(b, `<path d="M%.1f %.1f`, a.points[0][0], a.points[0][1])
	for i := 1; i+2 < len(a.points); i += 3 {
		p := a.points
		fmt.Fprintf(b, "C%.1f %.1f %.1f %.1f %.1f %.1f", p[i][0], p[i][1], p[i+1][0], p[i+1][1], p[i+2][0], p[i+2][1])
	}
	b.WriteString(`"/>`)
	last := a.points[len(a.points)-1]
	before := a.points[max(0, len(a.points)-2)]
	b.WriteString(head(before, last))
	if a.Returns {
		a.back(b)
	}
	label(b, "fwd", a.lx, a.ly-3, a.Above)
	label(b, "bwd", a.lx, a.ly+lineSkip-4, a.Below)
	b.WriteString("</g>\n")
}

// back draws the way back beside the arrow.
func (a *Arrow) back(b *strings.Builder) {
	const beside = 5
	p := make([][2]float64, len(a.points))
	for i := range p {
		q, r := a.points[max(0, i-1)], a.points[min(len(p)-1, i+1)]
		dx, dy := r[0]-q[0], r[1]-q[1]
		n := max(1e-9, hypot(dx, dy))
		p[i] = [2]float64{a.points[i][0] - dy/n*beside, a.points[i][1] + dx/n*beside}
	}
	fmt.Fprintf(b, `<g class="return"><path d="M%.1f %.1f`, p[0][0], p[0][1])
	for i := 1; i+2 < len(p); i += 3 {
		fmt.Fprintf(b, "C%.1f %.1f %.1f %.1f %.1f %.1f", p[i][0], p[i][1], p[i+1][0], p[i+1][1], p[i+2][0], p[i+2][1])
	}
	b.WriteString(`"/>` + head(p[1], p[0]) + "</g>")
}

// head is the point of an arrow that comes from p to q.
func head(p, q [2]float64) string {
	dx, dy := q[0]-p[0], q[1]-p[1]
	n := hypot(dx, dy)
	if n == 0 {
		return ""
	}
	dx, dy = dx/n*6, dy/n*6
	return fmt.Sprintf(`<path class="head" d="M%.1f %.1fL%.1f %.1fL%.1f %.1fZ"/>`,
		q[0], q[1], q[0]-dx-dy*0.5, q[1]-dy+dx*0.5, q[0]-dx+dy*0.5, q[1]-dy-dx*0.5)
}

func label(b *strings.Builder, class string, x, y float64, text string) {
	if text != "" {
		fmt.Fprintf(b, `<text class="%s" x="%.1f" y="%.1f">%s</text>`, class, x, y, html.EscapeString(text))
	}
}

func (x *Box) svg(b *strings.Builder, down bool) {
	focus := ""
	if x.Link != "" {
		focus = fmt.Sprintf(` tabindex="0" role="button" aria-label="%s"`, html.EscapeString(strings.TrimSpace(x.Text+": "+x.Title)))
	}
	fmt.Fprintf(b, `<g class="box %s" data-step="%d"%s%s>`, x.Kind, x.Step, space(x.Link), focus)
	if x.Title != "" {
		fmt.Fprintf(b, "<title>%s</title>", html.EscapeString(x.Title))
	}
	radius := 5.0
	if x.Kind == "gate" && x.w <= 40 && len(x.Locals) == 0 {
		radius = x.h / 2
	}
	fmt.Fprintf(b, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="%.0f"/>`, x.x-x.w/2, x.y-x.h/2, x.w, x.h, radius)
	cx, cy := x.x, x.y
	switch n := float64(len(x.Locals)); {
	case n == 0:
	case down:
		cy += localSkip / 2
		at := x.x - x.localsWidth(true)/2
		for _, l := range x.Locals {
			w := localWidth*float64(columns(l.Text)) + 10
			label(b, "loc", at+w/2, x.y-x.h/2+localSkip-2, l.Text)
			at += w
		}
	default:
		w := x.localsWidth(false)
		cx += w / 2
		edge := x.x - x.w/2
		fmt.Fprintf(b, `<path class="part" d="M%.1f %.1fV%.1f"/>`, edge+w, x.y-x.h/2, x.y+x.h/2)
		for i, l := range x.Locals {
			label(b, "loc", edge+w/2, x.y+(float64(i)-(n-1)/2)*localSkip+4, l.Text)
		}
	}
	label(b, "name", cx, cy+4, x.Text)
	above, below := x.labels()
	label(b, "fwd", x.x, x.y+above, x.Above)
	label(b, "bwd", x.x, x.y+below, x.Below)
	b.WriteString("</g>\n")
}

func (f *Frame) svg(b *strings.Builder) {
	fmt.Fprintf(b, `<g class="frame"%s tabindex="0" role="button" aria-label="%s"><title>%s</title>`, space(f.Link), html.EscapeString(f.Title), html.EscapeString(f.Title))
	fmt.Fprintf(b, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="8"/>`, f.x0, f.y0, f.x1-f.x0, f.y1-f.y0)
	fmt.Fprintf(b, `<text x="%.1f" y="%.1f">%s</text></g>`+"\n", f.tx, f.ty, html.EscapeString(f.Text))
}

// standaloneStyle is that of a drawing in a file of its own.
const standaloneStyle = `svg{font:12px ui-monospace,Menlo,Consolas,monospace;background:#fff}` + drawingStyle +
	`@media (prefers-color-scheme:dark){svg{background:#16181d;--ink:#e6e6e6;--line:#8a8f98;--panel:#23262d;--green:#56d364;--red:#ff7b72;--fold:#2d3a52;--accent:#8ab8ff;--paper:#16181d}}`

const drawingStyle = `
text{text-anchor:middle;fill:var(--ink,#1a1a1a)}
.wire path{fill:none;stroke:var(--line,#6b7280);stroke-width:1.2}
.wire .head{fill:var(--line,#6b7280);stroke:none}
.wire.skip path{stroke-dasharray:5 3}
.return path{stroke:var(--red,#b42318);stroke-dasharray:none}
.wire .return .head{fill:var(--red,#b42318)}
.box.loss rect{stroke-width:2}
.box rect{fill:var(--panel,#f4f5f7);stroke:var(--line,#6b7280);stroke-width:1.2}
.box.leaf rect,.box.param rect{fill:none;stroke-dasharray:2 2}
.box.fold rect{fill:var(--fold,#e3ebfa)}
text.fwd{fill:var(--green,#17692c)}
text.bwd{fill:var(--red,#b42318)}
text.loc{fill:var(--accent,#1f5fbf);font-size:10.5px}
.box .part{fill:none;stroke:var(--line,#6b7280);stroke-width:.6}
.frame rect{fill:none;stroke:var(--line,#6b7280);stroke-dasharray:1 3}
.frame text{text-anchor:start;fill:var(--accent,#1f5fbf);stroke:var(--paper,#fff);stroke-width:4;paint-order:stroke}
`
