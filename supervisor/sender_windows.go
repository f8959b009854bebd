package supervisor

// owns is never asked: nobody speaks here.
func (in *instance) owns(int) bool { return false }
