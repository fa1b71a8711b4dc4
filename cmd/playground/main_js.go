package main

import (
	"encoding/json"
	"syscall/js"

	"github.com/bpgen/bpgen/internal/driver"
)

// main gives the page the function bpgenExplain, which answers a request, both
// as JSON, and stays.
func main() {
	js.Global().Set("bpgenExplain", js.FuncOf(func(_ js.Value, args []js.Value) any {
		var r driver.Request
		if err := json.Unmarshal([]byte(args[0].String()), &r); err != nil {
			return `{"errors": "the request is not understood"}`
		}
		out, err := json.Marshal(driver.Play(r))
		if err != nil {
			return `{"errors": "the answer can't be written"}`
		}
		return string(out)
	}))
	select {}
}
