// Package templates holds what is written ahead of time and carried inside the
// bpgen program.
package templates

import "embed"

// BP has the libraries that models import by name, each a folder of files.
//
//go:embed bp/nn bp/optim
var BP embed.FS
