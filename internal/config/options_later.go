package config

// laterOptions are known by name, so that using one is an error with a reason
// and not a spelling mistake.
func laterOptions() []Option {
	const later = "not available in this version"
	options := []Option{
		{Name: "watch-options", Kind: Strings, Placeholder: "K=V", Category: CategoryWatch, FileOnly: true},
		{Name: "health", Kind: Strings, Placeholder: "CHECK", Category: CategoryReadiness},
		{Name: "after", Kind: Strings, Placeholder: "APP", Category: CategoryReadiness},
		{Name: "user", Kind: String, Placeholder: "USER", Category: CategoryEnv},
		{Name: "group", Aliases: []string{"gid"}, Kind: String, Placeholder: "GROUP", Category: CategoryEnv},
		{Name: "nice", Kind: Int, Placeholder: "N", Category: CategoryEnv},
	}
	for i := range options {
		options[i].Usage, options[i].Hidden, options[i].Unavailable = later, true, true
	}
	return options
}
