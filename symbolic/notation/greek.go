package notation

import "strings"

// greekNames are the letters that names of the model stand for: lambda is λ. Not
// delta, which has a meaning of its own here.
var greekNames = strings.Fields(`alpha α beta β gamma γ epsilon ε zeta ζ eta η theta θ kappa κ lambda λ mu μ nu ν xi ξ
	pi π rho ρ sigma σ tau τ phi φ chi χ psi ψ omega ω
	Gamma Γ Delta Δ Theta Θ Lambda Λ Xi Ξ Phi Φ Psi Ψ Omega Ω`)

var (
	greekLetter = map[string]string{}                                           // by name
	greekTeX    = map[string]string{"δ": `\delta`, "Σ": `\sum `, "Π": `\prod `} // by name and by letter
)

func init() {
	variants := map[string]string{"epsilon": "varepsilon", "phi": "varphi"}
	for i := 0; i < len(greekNames); i += 2 {
		name, letter := greekNames[i], greekNames[i+1]
		greekLetter[name] = letter
		tex := name
		if v, ok := variants[name]; ok {
			tex = v
		}
		greekTeX[name], greekTeX[letter] = `\`+tex, `\`+tex
	}
}

// TeXLetter is TeX's command for a Greek letter.
func TeXLetter(r rune) (string, bool) {
	s, ok := greekTeX[string(r)]
	return s, ok
}
