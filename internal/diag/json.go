package diag

import (
	"encoding/json"
	"io"
)

type jsonDiagnostic struct {
	File    string     `json:"file"`
	Line    int        `json:"line"`
	Col     int        `json:"col"`
	EndLine int        `json:"endLine"`
	EndCol  int        `json:"endCol"`
	Message string     `json:"message"`
	Notes   []jsonNote `json:"notes"`
	Hint    string     `json:"hint"`
}

type jsonNote struct {
	Label string `json:"label"`
	Text  string `json:"text"`
	File  string `json:"file"`
	Line  int    `json:"line"`
	Col   int    `json:"col"`
}

// JSON writes the list as one array, for editors and other programs. Columns
// count bytes from 1, as everywhere; no place at all is line 0.
func JSON(w io.Writer, list List) error {
	out := make([]jsonDiagnostic, 0, len(list))
	for _, d := range list {
		from, to := d.Span.Pos, d.Span.End
		if !to.IsValid() {
			to = from
		}
		j := jsonDiagnostic{from.File, from.Line, from.Col, to.Line, to.Col, d.Msg, []jsonNote{}, d.Hint}
		for _, n := range d.Notes {
			p := n.Span.Pos
			j.Notes = append(j.Notes, jsonNote{n.Label, n.Text, p.File, p.Line, p.Col})
		}
		out = append(out, j)
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(out)
}
