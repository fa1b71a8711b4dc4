package main

// fma32AVX2 and its like do n times twelve multiply-adds of whole registers.
//
//go:noescape
func fma32AVX2(n int, x, y float32)

//go:noescape
func fma64AVX2(n int, x, y float64)

//go:noescape
func fma32AVX512(n int, x, y float32)

//go:noescape
func fma64AVX512(n int, x, y float64)

// triad sets a to b + s c. n is a multiple of 32, and a begins on 32 bytes.
//
//go:noescape
func triad(n int, s float32, a, b, c *float32)

// triadPast is triad with stores that go past the caches.
//
//go:noescape
func triadPast(n int, s float32, a, b, c *float32)

//go:noescape
func cpuid(leaf, sub uint32) (a, b, c, d uint32)

//go:noescape
func xgetbv() uint32

// steps does n times eight multiplications of integers, each by the result of
// the one before, which takes three cycles.
//
//go:noescape
func steps(n int)

// sums is how many registers a multiply-add kernel adds to.
const sums = 12

// kernels are those that this processor and its system have.
func kernels() []kernel {
	ks := []kernel{{"cycles", false, 3 * 8, steps}}
	const fma, osxsave = 1 << 12, 1 << 27
	if _, _, c, _ := cpuid(1, 0); c&fma == 0 || c&osxsave == 0 {
		return ks
	}
	const avx2, avx512f, ymm, zmm = 1 << 5, 1 << 16, 0x6, 0xe6
	_, b, _, _ := cpuid(7, 0)
	state := xgetbv()
	if b&avx2 != 0 && state&ymm == ymm {
		ks = append(ks,
			kernel{"fma f32 avx2", true, 2 * 8 * sums, func(n int) { fma32AVX2(n, 0.9, 0.7) }},
			kernel{"fma f64 avx2", false, 2 * 4 * sums, func(n int) { fma64AVX2(n, 0.9, 0.7) }})
	}
	if b&avx512f != 0 && state&zmm == zmm {
		ks = append(ks,
			kernel{"fma f32 avx512", true, 2 * 16 * sums, func(n int) { fma32AVX512(n, 0.9, 0.7) }},
			kernel{"fma f64 avx512", false, 2 * 8 * sums, func(n int) { fma64AVX512(n, 0.9, 0.7) }})
	}
	return ks
}

// processor is the name that the processor gives itself.
func processor() string {
	var name []byte
	for leaf := range uint32(3) {
		a, b, c, d := cpuid(0x80000002+leaf, 0)
		for _, r := range []uint32{a, b, c, d} {
			name = append(name, byte(r), byte(r>>8), byte(r>>16), byte(r>>24))
		}
	}
	return string(name)
}

// triads are the two ways to store.
var triads = []stream{{"triad", triad}, {"triad past the caches", triadPast}}
