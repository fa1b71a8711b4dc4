package main

// The models are compiled by the bpgen of the checkout.
//
//go:generate go run -C .. ./cmd/bpgen gen -o bench/gen/scalars bench/models/scalars.bp
//go:generate go run -C .. ./cmd/bpgen gen -o bench/gen/elementwise bench/models/elementwise.bp
//go:generate go run -C .. ./cmd/bpgen gen -o bench/gen/nets bench/models/nets.bp
//go:generate go run -C .. ./cmd/bpgen gen -o bench/gen/adam bench/models/adam.bp
//go:generate go run -C .. ./cmd/bpgen gen -o bench/gen/layers bench/models/layers.bp
