package templates

import "embed"

// Starters holds the models that bpgen init writes. The first line of each is
// "// Package NAME …", which the list of starters shows.
//
//go:embed bp/starters/*.bp
var Starters embed.FS
