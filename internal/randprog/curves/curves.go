// Package curves has functions of Go for random programs to call, as those of a
// model's author would be.
package curves

import "math"

// Bump is 1/(1 + x²).
func Bump(x float64) float64 { return 1 / (1 + x*x) }

// BumpSlope is the derivative of Bump.
func BumpSlope(x float64) float64 { return -2 * x * Bump(x) * Bump(x) }

// Swing is x·sin y.
func Swing(x, y float64) float64 { return x * math.Sin(y) }

// SwingY is the derivative of Swing by y.
func SwingY(x, y float64) float64 { return x * math.Cos(y) }

// Between goes from a to b as t goes from 0 to 1.
func Between(a, b, t float64) float64 { return a + (b-a)*t }
