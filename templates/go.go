// Package templates holds, embedded, what bpgen copies rather than computes.
package templates

import "embed"

// Go is the scaffolding of generated packages: Go source in which only the
// names of the package, its types and their element type are filled in.
//
//go:embed go/*.tmpl
var Go embed.FS
