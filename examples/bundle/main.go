// Command bundle makes up a scene and photographs of it, disturbs what it knows of
// the cameras and the points, and finds them again from where the points are in the
// photographs: by the gradients of the model, and by the method of Levenberg and
// Marquardt, which takes the Jacobian of each observation.
package main

import (
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"

	"github.com/bpgen/bpgen/generated/bundle"
)

//go:generate go tool bpgen gen -plain -o ../../generated/bundle bundle.bp

func main() {
	if _, _, err := run(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bundle:", err)
		os.Exit(1)
	}
}

const (
	cameras, points = 4, 24
	perCamera       = 9
	noise           = 1e-3 // deviation of an observation
)

// A scene is what is looked for: the cameras one after the other, then the points.
type scene []float64

func (s scene) camera(i int) *[perCamera]float64 { return (*[perCamera]float64)(s[i*perCamera:]) }
func (s scene) point(i int) *[3]float64          { return (*[3]float64)(s[cameras*perCamera+i*3:]) }

// An observation is where a camera sees a point.
type observation struct {
	camera, point int
	seen          [2]float64
}

// draw makes up a scene and what is seen of it.
func draw(random *rand.Rand) (truth scene, seen []observation) {
	truth = make(scene, cameras*perCamera+points*3)
	for i := range cameras {
		c := truth.camera(i)
		for k := range 3 {
			c[k], c[3+k] = 0.3*random.NormFloat64(), 0.3*random.NormFloat64()
		}
		c[5] -= 6 // the scene is 6 in front of the cameras, which look down
		c[6], c[7], c[8] = 1.5, 0.05, 0.01
	}
	for i := range points {
		p := truth.point(i)
		for k := range p {
			p[k] = random.NormFloat64()
		}
		for c := range cameras {
			var at [2]float64
			bundle.Residual(truth.camera(c), p, &[2]float64{}, &at)
			seen = append(seen, observation{c, i, [2]float64{at[0] + noise*random.NormFloat64(), at[1] + noise*random.NormFloat64()}})
		}
	}
	return truth, seen
}

// run returns how far, by the root of the mean square, points are seen from where they would
// be: at the end, by gradients and by Levenberg and Marquardt.
func run(out io.Writer) (byGradients, byJacobians float64, err error) {
	random := rand.New(rand.NewPCG(1, 0))
	truth, seen := draw(random)
	start := make(scene, len(truth))
	for i, v := range truth {
		start[i] = v + 0.1*random.NormFloat64()
	}
	fmt.Fprintf(out, "%d observations of %d points by %d cameras; off by %.5f at the truth, %.5f at the start\n",
		len(seen), points, cameras, rms(truth, seen), rms(start, seen))
	s, err := descend(start, seen, 1500)
	if err != nil {
		return 0, 0, err
	}
	byGradients = rms(s, seen)
	fmt.Fprintf(out, "1500 steps of Adam: %.5f\n", byGradients)
	s, steps := marquardt(start, seen)
	byJacobians = rms(s, seen)
	fmt.Fprintf(out, "%d steps of Levenberg and Marquardt: %.5f\n", steps, byJacobians)
	return byGradients, byJacobians, nil
}

func rms(s scene, seen []observation) float64 {
	sum := 0.0
	for _, o := range seen {
		var e [2]float64
		bundle.Residual(s.camera(o.camera), s.point(o.point), &o.seen, &e)
		sum += e[0]*e[0] + e[1]*e[1]
	}
	return math.Sqrt(sum / float64(len(seen)))
}

// descend trains the model, whose parameters are the scene.
func descend(start scene, seen []observation, steps int) (scene, error) {
	m, err := bundle.NewBundle(cameras, points, 1)
	if err != nil {
		return nil, err
	}
	all := m.Params.All()
	for i, v := range start {
		all[i] = float32(v)
	}
	var b bundle.BundleBatch
	for _, o := range seen {
		b.N++
		b.Camera, b.Point = append(b.Camera, int32(o.camera)), append(b.Point, int32(o.point))
		b.Seen = append(b.Seen, float32(o.seen[0]), float32(o.seen[1]))
	}
	t := m.NewTrainer()
	for i := range steps {
		t.LR = 0.01 * float32(1-float64(i)/float64(steps))
		if _, err := t.Step(b); err != nil {
			return nil, err
		}
	}
	s := make(scene, len(start))
	for i, v := range all {
		s[i] = float64(v)
	}
	return s, nil
}

// marquardt solves (JᵀJ + λ diag JᵀJ) x = -Jᵀe for the step x, and takes it where that
// makes the errors less; λ falls where it does, and else rises.
func marquardt(start scene, seen []observation) (s scene, steps int) {
	s = append(scene{}, start...)
	off, lambda := rms(s, seen), 1e-3
	for steps = 0; steps < 50 && lambda < 1e8; steps++ {
		A, g := normal(s, seen)
		for i := range A {
			A[i][i] *= 1 + lambda
		}
		x := solve(A, g)
		next := make(scene, len(s))
		for i := range s {
			next[i] = s[i] - x[i]
		}
		switch o := rms(next, seen); {
		case o < off*(1-1e-9):
			s, off, lambda = next, o, lambda/5
		case lambda > 1e-8 && o < off*(1+1e-12):
			return s, steps
		default:
			lambda *= 5
		}
	}
	return s, steps
}

// normal returns JᵀJ and Jᵀe. An observation has a block for its camera and one
// for its point.
func normal(s scene, seen []observation) (A [][]float64, g []float64) {
	g = make([]float64, len(s))
	A = make([][]float64, len(s))
	for i := range A {
		A[i] = make([]float64, len(s))
		A[i][i] = 1e-12
	}
	var (
		at       [perCamera + 3]int
		e        [2]float64
		byCamera [2 * perCamera]float64
		byPoint  [2 * 3]float64
	)
	for _, o := range seen {
		bundle.ResidualJacobian(s.camera(o.camera), s.point(o.point), &o.seen, &e, &byCamera, &byPoint)
		for k := range at {
			if at[k] = o.camera*perCamera + k; k >= perCamera {
				at[k] = cameras*perCamera + 3*o.point + k - perCamera
			}
		}
		for r := range 2 {
			row := append(append([]float64{}, byCamera[r*perCamera:][:perCamera]...), byPoint[r*3:][:3]...)
			for i, v := range row {
				g[at[i]] += v * e[r]
				for j, w := range row {
					A[at[i]][at[j]] += v * w
				}
			}
		}
	}
	return A, g
}

// solve solves A x = b for a symmetric positive definite A, which it overwrites.
func solve(A [][]float64, b []float64) []float64 {
	n := len(b)
	x := append([]float64{}, b...)
	for k := range n {
		for i := k + 1; i < n; i++ {
			f := A[i][k] / A[k][k]
			if f == 0 {
				continue
			}
			for j := k; j < n; j++ {
				A[i][j] -= f * A[k][j]
			}
			x[i] -= f * x[k]
		}
	}
	for i := n - 1; i >= 0; i-- {
		for j := i + 1; j < n; j++ {
			x[i] -= A[i][j] * x[j]
		}
		x[i] /= A[i][i]
	}
	return x
}
