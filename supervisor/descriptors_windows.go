package supervisor

// descriptorLimit: Windows has no limit of this kind.
func descriptorLimit() uint64 { return 0 }
