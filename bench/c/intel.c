// For LD_PRELOAD, before MKL's own function of this name.
int mkl_serv_intel_cpu_true(void) { return 1; }
