package main

// programs are the modules of the suite, each with its functions.
var programs = map[string]map[string]function{
	"hello":    {"square": square, "double": double},
	"llsq":     {"primal": of(llsqPrimal), "gradient": of(llsqGradient)},
	"det":      {"primal": of(detPrimal), "gradient": of(detGradient)},
	"lse":      {"primal": of(lsePrimal), "gradient": of(lseGradient)},
	"ode":      {"primal": of(odePrimal), "gradient": of(odeGradient)},
	"kmeans":   {"cost": of(kmeansCost), "dir": of(kmeansDir)},
	"gmm":      {"objective": of(gmmObjective), "jacobian": of(gmmJacobian)},
	"lstm":     {"objective": of(lstmObjective), "jacobian": of(lstmJacobian)},
	"ba":       {"objective": of(baObjective), "jacobian": of(baJacobian)},
	"ht":       {"objective": of(htObjective), "jacobian": of(htJacobian)},
	"saddle":   modes(saddlePoint),
	"particle": modes(particlePath),
}
