package nest

// This file is part of two programs: the tests, and the program they run the
// routines in. Both make the same data with it.

import (
	"math"
	"slices"
	"syscall"
	"unsafe"
)

// A dice is a source of random numbers.
type dice uint64

func (d *dice) next() uint64 {
	*d += 0x9e3779b97f4a7c15
	z := uint64(*d)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// below returns a number from 0 up to n.
func (d *dice) below(n int) int { return int(d.next() % uint64(n)) }

// real returns a number of (−2, 2); one in four is from a list of special ones
// where wild is set.
func (d *dice) real(wild bool) float64 {
	x := float64(int64(d.next()>>11))/(1<<51) - 2
	if wild && d.below(4) == 0 {
		x = special[d.below(len(special))]
	}
	return float64(float32(x))
}

var special = []float64{0, math.Copysign(0, -1), 1, -1, math.Inf(1), math.Inf(-1), math.NaN(), 1e-40, 1e30, -1e30}

// reals returns n numbers, whole ones wholes from 0 up to limit.
func reals(seed uint64, n int, wild bool) []float64 {
	d := dice(seed)
	out := make([]float64, n)
	for i := range out {
		out[i] = d.real(wild)
	}
	return out
}

func wholes(seed uint64, n, limit int) []float64 {
	d := dice(seed)
	out := make([]float64, n)
	for i := range out {
		out[i] = float64(d.below(max(limit, 1)))
	}
	return out
}

// guarded returns a copy of x beside a page that must not be touched: after
// its end, or before its begin.
func guarded[T float32 | float64 | int32](x []float64, size int, before bool) []T {
	const page = 4096
	n := (len(x)*size + page - 1) / page * page
	mem, err := syscall.Mmap(-1, 0, n+2*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		panic(err)
	}
	for _, at := range []int{0, page + n} {
		if err := syscall.Mprotect(mem[at:at+page], syscall.PROT_NONE); err != nil {
			panic(err)
		}
	}
	mapped = append(mapped, mem)
	from := page
	if !before {
		from = page + n - len(x)*size
	}
	out := view[T](mem[from:page+n], len(x))
	for i, v := range x {
		out[i] = T(v)
	}
	return out
}

var mapped [][]byte

func release() {
	for _, m := range mapped {
		if err := syscall.Munmap(m); err != nil {
			panic(err)
		}
	}
	mapped = slices.Delete(mapped, 0, len(mapped))
}

func view[T any](mem []byte, n int) []T {
	if n == 0 {
		return nil
	}
	return unsafe.Slice((*T)(unsafe.Pointer(&mem[0])), n)
}
