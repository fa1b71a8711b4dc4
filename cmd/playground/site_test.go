//go:build !js

package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bpgen/bpgen/explain/layout"
)

// graphviz stands in for viz-global.js: it asks the server of the test.
const graphviz = `const Viz = { instance: async () => ({ renderString(dot) {
  const r = new XMLHttpRequest();
  r.open("POST", "layout", false);
  r.send(dot);
  return r.responseText;
} }) };
`

// TestSite opens the static site in Chromium, with bpgen as WebAssembly in a
// worker, and does there what TestBrowser does with a server. Only Graphviz is
// not in the page.
func TestSite(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles bpgen to WebAssembly")
	}
	name := os.Getenv("CHROMIUM")
	if name == "" {
		name = "chromium"
	}
	chromium, err := exec.LookPath(name)
	if err != nil {
		t.Skip("needs Chromium")
	}
	if out, err := exec.Command(chromium, "--version").Output(); err != nil {
		t.Skipf("Chromium does not start here: %v %s", err, out)
	}
	dir := t.TempDir()
	viz := filepath.Join(dir, "viz-global.js")
	if err := os.WriteFile(viz, []byte(graphviz), 0o666); err != nil {
		t.Fatal(err)
	}
	site := filepath.Join(dir, "site")
	if err := write(site, viz); err != nil {
		t.Fatal(err)
	}
	script, err := os.ReadFile("../bpgen/testdata/web/drive.js")
	if err != nil {
		t.Fatal(err)
	}
	index := filepath.Join(site, "index.html")
	page, err := os.ReadFile(index)
	if err != nil {
		t.Fatal(err)
	}
	tell := `new MutationObserver(() => { const s = document.documentElement.dataset.checks; if (s) fetch("checks", { method: "POST", body: s }); })
  .observe(document.documentElement, { attributes: true, attributeFilter: ["data-checks"] });`
	text := strings.Replace(string(page), "</body>", "<script>"+tell+string(script)+"</script></body>", 1)
	if err := os.WriteFile(index, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	said := make(chan string, 1)
	mux := http.NewServeMux()
	mux.Handle("GET /", http.FileServer(http.Dir(site)))
	mux.HandleFunc("POST /layout", func(w http.ResponseWriter, r *http.Request) {
		dot, err := io.ReadAll(r.Body)
		if err == nil {
			var places string
			if places, err = layout.Plain(string(dot)); err == nil {
				fmt.Fprint(w, places)
				return
			}
		}
		http.Error(w, err.Error(), http.StatusInternalServerError)
	})
	mux.HandleFunc("POST /checks", func(_ http.ResponseWriter, r *http.Request) {
		s, _ := io.ReadAll(r.Body)
		select {
		case said <- string(s):
		default:
		}
	})
	s := httptest.NewServer(mux)
	defer s.Close()
	cmd := exec.CommandContext(t.Context(), chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run",
		"--remote-debugging-port=0", "--user-data-dir="+filepath.Join(dir, "profile"), s.URL+"/")
	if err := cmd.Start(); err != nil {
		t.Skipf("Chromium does not start here: %v", err)
	}
	defer func() {
		cmd.Process.Kill() // it may have ended
		cmd.Wait()         // by being killed
	}()
	select {
	case s := <-said:
		if s != "all hold" {
			t.Errorf("the page: %s", s)
		}
	case <-time.After(4 * time.Minute):
		t.Error("the page has not said anything")
	}
}
