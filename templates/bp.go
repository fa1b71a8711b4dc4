// Package templates holds what is written ahead of time and carried inside the
// bpgen program.
package templates

import "embed"

// BP has the libraries that models import by name: bp/nn.bp, bp/optim.bp.
//
//go:embed bp/*.bp
var BP embed.FS
