package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/bpgen/bpgen/internal/driver"
)

// TestServe asks the server as its page does, and as others might.
func TestServe(t *testing.T) {
	h, err := playground()
	if err != nil {
		t.Fatal(err)
	}
	ask := func(method, path, body string, change func(*http.Request)) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, "http://127.0.0.1:8080"+path, strings.NewReader(body))
		if change != nil {
			change(r)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	if w := ask("GET", "/", "", nil); w.Code != 200 || !strings.Contains(w.Body.String(), "func Circuit") {
		t.Errorf("the page: %d", w.Code)
	}
	explained := func(source, at string) (a driver.Answer) {
		body, err := json.Marshal(driver.Request{Source: source, At: at})
		if err != nil {
			t.Fatal(err)
		}
		w := ask("POST", "/explain", string(body), func(r *http.Request) { r.Header.Set("Origin", "http://127.0.0.1:8080") })
		if err := json.Unmarshal(w.Body.Bytes(), &a); w.Code != 200 || err != nil {
			t.Errorf("%d %v", w.Code, err)
		}
		return a
	}
	for _, s := range driver.Lecture() {
		if a := explained(s.Text, s.At); a.Errors != "" || a.Members == 0 || a.Lines == 0 || !strings.Contains(a.HTML, "<math") {
			t.Errorf("%s: %s, %d members, %d lines", s.Name, a.Errors, a.Members, a.Lines)
		}
	}
	for _, c := range []struct{ source, at, want string }{
		{"package p\n\nfunc F(x) = y\n", "", "model.bp:3:13: unknown name y"},
		{"package p\n\nfunc F(x) = x^2\n", "z=1", "values: nothing that is given a value is called z"},
		{"package p\n\nfunc F(x) = x^2\n", "x", `values: "x" is not NAME=VALUE`},
		{"package p\n\nimport \"./other.bp\"\n\nfunc F(x) = x\n", "", "a model in a page can't read files"},
		{"package p\n\ndim n = 9000\n\nfunc F(A, B [n, n]) = sum(A @ B)\n", "", "is too large to be evaluated here"},
		{"package p\n", "", "there is no func or model with a derivative"},
	} {
		if a := explained(c.source, c.at); !strings.Contains(a.Errors, c.want) || a.HTML != "" {
			t.Errorf("%q: %s", c.source, a.Errors)
		}
	}
	for what, code := range map[string]int{
		"another name of the host": ask("GET", "/", "", func(r *http.Request) { r.Host = "example.org" }).Code,
		"another site": ask("POST", "/explain", "{}", func(r *http.Request) {
			r.Header.Set("Origin", "http://example.org")
		}).Code,
	} {
		if code != http.StatusForbidden {
			t.Errorf("%s: %d", what, code)
		}
	}
	if w := ask("POST", "/explain", "{", nil); w.Code != http.StatusBadRequest {
		t.Errorf("half a request: %d", w.Code)
	}
	if w := ask("GET", "/other", "", nil); w.Code != http.StatusNotFound {
		t.Errorf("another page: %d", w.Code)
	}
}
