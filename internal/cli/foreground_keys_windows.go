package cli

// listen is never called: run is not available here.
func (f *foreground) listen() {}
