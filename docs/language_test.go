package docs_test

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/bpgen/bpgen/internal/driver"
	"github.com/bpgen/bpgen/parser"
)

// A block is a fenced block of a page.
type block struct {
	tag  string
	text string
	line int // of the opening fence
}

func page(t *testing.T, name string) (string, []block) {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var blocks []block
	var open *block
	for i, line := range strings.Split(string(data), "\n") {
		switch tag, fence := strings.CutPrefix(line, "```"); {
		case fence && open == nil:
			open = &block{tag: tag, line: i + 1}
		case fence:
			blocks = append(blocks, *open)
			open = nil
		case open != nil:
			open.text += line + "\n"
		}
	}
	if open != nil {
		t.Errorf("%s:%d: the block has no end", name, open.line)
	}
	return string(data), blocks
}

// TestBlocks compiles every block that is a file.
func TestBlocks(t *testing.T) {
	_, blocks := page(t, "language.md")
	count := map[string]int{}
	for i, b := range blocks {
		count[b.tag]++
		if b.tag != "bp" && b.tag != "bp-error" {
			continue
		}
		t.Run("line "+strconv.Itoa(b.line), func(t *testing.T) {
			res, err := driver.Check("model.bp", []byte(b.text), driver.Options{})
			if err != nil {
				t.Fatalf("language.md:%d: %v", b.line, err)
			}
			if b.tag == "bp" {
				if len(res.Diags) > 0 {
					t.Errorf("language.md:%d: the file does not compile:\n%s", b.line, res.Diags.Error())
				}
				return
			}
			if i+1 == len(blocks) || blocks[i+1].tag != "text" {
				t.Fatalf("language.md:%d: no ```text block follows on the error", b.line)
			}
			want, _, _ := strings.Cut(blocks[i+1].text, "\n")
			for _, d := range res.Diags {
				if strings.Contains(d.Error(), want) || strings.Contains(d.Hint, want) {
					return
				}
			}
			t.Errorf("language.md:%d: no error contains %q:\n%s", b.line, want, res.Diags.Error())
		})
	}
	if count["bp"] == 0 || count["bp-error"] == 0 {
		t.Errorf("found blocks %v", count)
	}
}

// TestFormatted holds the complete files against the formatter, so that the
// page shows the layout that bpgen fmt makes.
func TestFormatted(t *testing.T) {
	_, blocks := page(t, "language.md")
	for _, b := range blocks {
		if b.tag != "bp" {
			continue
		}
		got, errs := driver.Format("model.bp", []byte(b.text))
		if len(errs) > 0 {
			t.Errorf("language.md:%d: %v", b.line, errs)
			continue
		}
		if string(got) != b.text {
			t.Errorf("language.md:%d: not as bpgen fmt has it, which is\n%s", b.line, got)
		}
	}
}

// TestComplete looks for the way to the table of operators,
// and for every reserved word.
func TestComplete(t *testing.T) {
	text, blocks := page(t, "language.md")
	// The functions are the table's; ops.md is rendered from it.
	if !strings.Contains(text, "(ops.md)") {
		t.Error("language.md does not send its readers to ops.md")
	}
	var grammar string
	for _, b := range blocks {
		if b.tag == "ebnf" {
			grammar += b.text
		}
	}
	for _, w := range parser.Keywords() {
		if !strings.Contains(grammar, strconv.Quote(w)) {
			t.Errorf("the grammar of language.md has no %q", w)
		}
		if !regexp.MustCompile(`(?m)^(\w+ )*` + w + `( \w+)*$`).MatchString(text) {
			t.Errorf("language.md does not list the reserved word %s", w)
		}
	}
	// Nonterminals of the grammar are defined.
	defined := map[string]bool{}
	rule := regexp.MustCompile(`(?m)^(\w+) *=`)
	for _, m := range rule.FindAllStringSubmatch(grammar, -1) {
		defined[m[1]] = true
	}
	bare := regexp.MustCompile(`(?s)\(\*.*?\*\)|"""|"[^"\n]*"|any character but " and newline`).ReplaceAllString(grammar, " ")
	for _, w := range regexp.MustCompile(`\b[a-zA-Z]+\b`).FindAllString(bare, -1) {
		if !defined[w] && w != "NL" && w != "LETTER" && w != "DIGIT" {
			t.Errorf("the grammar of language.md does not define %s", w)
		}
	}
}

// TestLinks checks that links within the page and to files beside it lead
// somewhere.
func TestLinks(t *testing.T) {
	text, _ := page(t, "language.md")
	anchors := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(text, -1) {
		a := strings.ToLower(m[1])
		a = regexp.MustCompile(`[^\w\- ]`).ReplaceAllString(a, "")
		anchors["#"+strings.ReplaceAll(a, " ", "-")] = true
	}
	prose := regexp.MustCompile("(?s)```.*?\n```|`[^`\n]*`").ReplaceAllString(text, "")
	for _, m := range regexp.MustCompile(`\]\(([^)\s]+)\)`).FindAllStringSubmatch(prose, -1) {
		to := m[1]
		if strings.HasPrefix(to, "#") {
			if !anchors[to] {
				t.Errorf("language.md links to %s, which it does not have", to)
			}
			continue
		}
		if _, err := os.Stat(to); err != nil {
			t.Errorf("language.md links to %s: %v", to, err)
		}
	}
}

// TestReadme holds the README's model against the Go that becomes of it.
func TestReadme(t *testing.T) {
	_, blocks := page(t, "../README.md")
	for i, b := range blocks {
		if b.tag != "bp" {
			continue
		}
		name, _, _ := strings.Cut(strings.TrimPrefix(b.text, "package "), "\n")
		res, err := driver.Generate(name+".bp", []byte(b.text), driver.Options{})
		if err != nil || len(res.Diags) > 0 {
			t.Errorf("README.md:%d: %v\n%s", b.line, err, res.Diags.Error())
			continue
		}
		if i+1 == len(blocks) || blocks[i+1].tag != "go" || !strings.HasPrefix(blocks[i+1].text, "// ") {
			continue
		}
		var all string
		for _, f := range res.Files {
			all += string(f.Data)
		}
		if !strings.Contains(all, blocks[i+1].text) {
			t.Errorf("README.md:%d: this is not what is generated:\n%s", blocks[i+1].line, all)
		}
	}
}
