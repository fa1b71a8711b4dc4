// Command same prints what models become, for a test that compares platforms.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/bpgen/bpgen/codegen"
	"github.com/bpgen/bpgen/internal/diag"
	"github.com/bpgen/bpgen/symbolic/frontend"
	"github.com/bpgen/bpgen/symbolic/module"
)

func main() {
	for _, path := range os.Args[1:] {
		src, err := os.ReadFile(path)
		if err != nil {
			panic(err)
		}
		var errs diag.List
		m, _ := frontend.Load(filepath.Base(path), src, frontend.Options{}, &errs)
		if len(errs) > 0 {
			panic(errs.Error())
		}
		d := module.Derive(m, &errs)
		files, err := codegen.Emit(d, m, codegen.Options{Tests: true})
		if err != nil {
			panic(err)
		}
		for _, f := range files {
			fmt.Printf("-- %s --\n%s", f.Name, f.Data)
		}
	}
}
