package main

import (
	"encoding/json"
	"fmt"
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
		"a name that begins like this host's": ask("GET", "/", "", func(r *http.Request) { r.Host = "127.0.0.1.example.org:8080" }).Code,
		"another server of this machine": ask("POST", "/explain", "{}", func(r *http.Request) {
			r.Header.Set("Origin", "http://127.0.0.1:9090")
		}).Code,
		"a page of nowhere": ask("POST", "/explain", "{}", func(r *http.Request) { r.Header.Set("Origin", "null") }).Code,
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

// TestServeBad sends what nobody should: each is answered with what is wrong,
// and soon, and the server answers on.
func TestServeBad(t *testing.T) {
	h, err := playground()
	if err != nil {
		t.Fatal(err)
	}
	send := func(body string) (int, string) {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("POST", "http://127.0.0.1:8080/explain", strings.NewReader(body)))
		var a driver.Answer
		if json.Unmarshal(w.Body.Bytes(), &a) != nil {
			return w.Code, w.Body.String()
		}
		if a.HTML != "" && a.Errors != "" {
			t.Error("an explanation and an error")
		}
		return w.Code, a.Errors
	}
	var doubling, derived strings.Builder
	doubling.WriteString("package p\n\nfunc F0(x) = x*sin(x)\n")
	derived.WriteString("package p\n\nfunc F(x) {\n    d0 = exp(sin(x))*x\n")
	for i := 1; i < 40; i++ {
		fmt.Fprintf(&doubling, "func F%d(x) = F%d(x)*F%d(x + %d)\n", i, i-1, i-1, i)
		fmt.Fprintf(&derived, "    d%d = grad(d%d, x)*x\n", i, i-1)
	}
	derived.WriteString("    return d39\n}\n")
	const mb = 1 << 20
	for _, c := range []struct{ what, source, want string }{
		{"a mistake of syntax", "package p\n\nfunc F(x) = (x\n", "model.bp:3:15"},
		{"nothing", "", "model.bp:1:1"},
		{"a long name", "package p\n\nfunc F(x) = " + strings.Repeat("x", mb-100), "unknown name"},
		{"a long sum", "package p\n\nfunc F(x) = x" + strings.Repeat("+x", mb/2-100), "more than 10000 operators in a row"},
		{"parentheses", "package p\n\nfunc F(x) = " + strings.Repeat("(", mb-100), "nested deeper than"},
		{"too long", "package p\n\n" + strings.Repeat("// x\n", mb/4), "longer than 1 MB"},
		{"calls that double", doubling.String(), "steps to work out"},
		{"derivatives of derivatives", derived.String(), "steps to work out"},
		{"many layers", "package p\n\nfunc F(x [4]) {\n    for l < 100000 carry h = x {\n        next h = tanh(h)\n    }\n    return sum(h)\n}\n", "steps to work out"},
		{"NUL", "package p\n\nfunc F(x) = x\x00\n", "model.bp:3:14"},
		{"no UTF-8", "package p\n\nfunc F(x) = x\xff\n", "model.bp:3:14"},
		{"values that are none", "package p\n\nfunc F(x) = x[", "model.bp:3:15"},
	} {
		body, err := json.Marshal(driver.Request{Source: c.source})
		if err != nil {
			t.Fatal(err)
		}
		if code, errs := send(string(body)); code != 200 || !strings.Contains(errs, c.want) {
			t.Errorf("%s: %d %.200s", c.what, code, errs)
		}
	}
	// No JSON writer sends a byte that is no UTF-8, but others may.
	if code, errs := send("{\"source\": \"package p\\n\\nfunc F(x) = x\xff\\n\"}"); code != 200 || !strings.Contains(errs, "model.bp:3:14") {
		t.Errorf("a byte that is no UTF-8: %d %s", code, errs)
	}
	if code, errs := send(`{"source": "` + strings.Repeat("x", maxRequest) + `"}`); code != http.StatusRequestEntityTooLarge || errs != "the model is too long\n" {
		t.Errorf("too much: %d %.100s", code, errs)
	}
	// A while that never ends has no numbers, and all the rest.
	endless := "package p\n\nfunc F(x) {\n    while y^2 + 1 > 0 carry y = x {\n        next y = y/2\n    }\n    return y\n}\n"
	body, err := json.Marshal(driver.Request{Source: endless})
	if err != nil {
		t.Fatal(err)
	}
	if code, errs := send(string(body)); code != 200 || errs != "" {
		t.Errorf("a while that does not end: %d %s", code, errs)
	}
}
