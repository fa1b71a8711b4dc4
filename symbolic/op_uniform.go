package symbolic

import "math/bits"

// Random numbers are a function of a key, which is for a sample and a step, and
// of a counter, which is for a pass of the loops around and an element. So they
// do not depend on who computes them, when, or with what instructions.

// OpUniform23 and OpUniform52 are numbers uniform in (0, 1): the midpoints of
// 2²³ and 2⁵² intervals, which are exact in float32 and float64, and neither 0
// nor 1.
var (
	OpUniform23 = named("uniform23")
	OpUniform52 = named("uniform52")
)

func init() {
	uniform := func(name, doc string, eval func(x uint64) float64) {
		Register(OpSpec{
			Name: name, Doc: doc, Args: 4, Class: Elementwise, In: []Type{Integer},
			Eval: func(x []float64) float64 {
				var word [4]uint32
				for i := range word {
					word[i] = uint32(int64(x[i]))
				}
				a, b := Threefry(word[0], word[1], word[3], word[2])
				return eval(uint64(a)<<32 | uint64(b))
			},
			Partial: []func(*Graph, []*Node, *Node) *Node{nil, nil, nil, nil},
			Go:      name, Math: "U(%s, %s, %s, %s)", Domain: [][2]float64{{0, 9}, {0, 9}, {0, 9}, {0, 99}},
		})
	}
	uniform("uniform23", "The random number of a key (x, y), a pass z and an element, uniform in (0, 1), for float32.",
		func(x uint64) float64 { return (float64(x>>41) + 0.5) / (1 << 23) })
	uniform("uniform52", "The random number of a key (x, y), a pass z and an element, uniform in (0, 1), for float64.",
		func(x uint64) float64 { return (float64(x>>12) + 0.5) / (1 << 52) })
}

// ThreefryTurns are by how much Threefry turns a word in its rounds, again and
// again.
var ThreefryTurns = [8]int{13, 15, 26, 6, 17, 29, 16, 24}

// ThreefryParity makes the third word of a key of the two others.
const ThreefryParity = 0x1bd11bda

// Threefry is a block cipher on two words of 32 bits in 20 rounds: what it makes
// of counters are random numbers (Threefry2x32-20; Salmon, Moraes, Dror, Shaw:
// Parallel random numbers: as easy as 1, 2, 3, 2011).
func Threefry(key0, key1, a, b uint32) (uint32, uint32) {
	key := [3]uint32{key0, key1, key0 ^ key1 ^ ThreefryParity}
	a, b = a+key0, b+key1
	for round := range 20 {
		a += b
		b = bits.RotateLeft32(b, ThreefryTurns[round%8]) ^ a
		if round%4 == 3 {
			n := round/4 + 1
			a += key[n%3]
			b += key[(n+1)%3] + uint32(n)
		}
	}
	return a, b
}

// SampleKey is the key of a sample in a step, as two words that are whole
// numbers of 32 bits with a sign: a hash by the mixing steps of SplitMix64
// (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
func SampleKey(seed uint64, step, sample int) [2]float64 {
	mix := func(x uint64) uint64 {
		x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
		x = (x ^ x>>27) * 0x94d049bb133111eb
		return x ^ x>>31
	}
	x := mix(seed + 0x9e3779b97f4a7c15)
	x = mix(x ^ (uint64(step)+1)*0xd1342543de82ef95)
	x = mix(x + (uint64(sample)+1)*0x9e3779b97f4a7c15)
	return [2]float64{float64(int32(x >> 32)), float64(int32(x))}
}
