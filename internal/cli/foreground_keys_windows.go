package cli

// listen and restart are never called: run is not available here.
func (f *foreground) listen() {}

func (f *foreground) restart() {}
