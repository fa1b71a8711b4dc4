package main

import (
	"context"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// TestBrowser opens the playground in Chromium with a script in it that does
// what a person would, and says in the page what is wrong. It needs nothing
// but $CHROMIUM or chromium; TestWeb looks at more.
func TestBrowser(t *testing.T) {
	browse := browser(t)
	h, err := playground()
	if err != nil {
		t.Fatal(err)
	}
	script, err := os.ReadFile("testdata/web/drive.js")
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == "POST" {
			h.ServeHTTP(w, r)
			return
		}
		page := httptest.NewRecorder()
		h.ServeHTTP(page, r)
		w.Header().Set("Content-Type", page.Header().Get("Content-Type"))
		w.WriteHeader(page.Code)
		fmt.Fprint(w, strings.Replace(page.Body.String(), "</body>", "<script>"+string(script)+"</script></body>", 1))
	}))
	defer s.Close()
	dom, err := browse(s.URL + "/")
	if err != nil {
		t.Fatal(err)
	}
	_, said, ok := strings.Cut(dom, "data-checks=\"")
	if said, _, _ = strings.Cut(said, "\""); !ok || said != "all hold" {
		t.Errorf("the page: %s", html.UnescapeString(said))
	}
}

// browser is a function that opens a page and returns what it has become, or
// the test is skipped.
func browser(t *testing.T) func(url string) (string, error) {
	name := os.Getenv("CHROMIUM")
	if name == "" {
		name = "chromium"
	}
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skip("needs Chromium")
	}
	browse := func(url string) (string, error) {
		ctx, stop := context.WithTimeout(t.Context(), time.Minute)
		defer stop()
		out, err := exec.CommandContext(ctx, path, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
			"--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run",
			"--user-data-dir="+t.TempDir(), "--virtual-time-budget=40000", "--dump-dom", url).Output()
		return string(out), err
	}
	if dom, err := browse("data:text/html,<p>here"); err != nil || !strings.Contains(dom, "here") {
		t.Skipf("Chromium does not start here: %v", err)
	}
	return browse
}
