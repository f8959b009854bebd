package config

// laterOptions are known by name, so that using one is an error with a reason
// and not a spelling mistake.
func laterOptions() []Option {
	const later = "not available in this version"
	options := []Option{
		{Name: "health", Kind: Strings, Placeholder: "CHECK", Category: CategoryReadiness},
	}
	for i := range options {
		options[i].Usage, options[i].Hidden, options[i].Unavailable = later, true, true
	}
	return options
}
