package shim

// guardFiles: here only SIGUSR1 tells that the files were removed.
func (s *shim) guardFiles() {}
