module github.com/bpgen/bpgen/bench

go 1.26.0

replace github.com/bpgen/bpgen => ../
