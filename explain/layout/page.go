//go:build js

package layout

import (
	"errors"
	"syscall/js"
)

// Plain asks the page: Graphviz itself is WebAssembly, which does not run
// inside WebAssembly.
func Plain(dot string) (string, error) {
	f := js.Global().Get("bpgenLayout")
	if f.Type() != js.TypeFunction {
		return "", errors.New("layout: the page has no Graphviz")
	}
	return f.Invoke(dot).String(), nil
}
