module github.com/bpgen/bpgen/bench/peers/gonum

go 1.26.0

require github.com/bpgen/bpgen/bench v0.0.0

require gonum.org/v1/gonum v0.17.0

replace github.com/bpgen/bpgen/bench => ../..
