package limits

const nofile = -1

// Caller returns nothing: Windows has no resource limits of this kind.
func Caller() []Limit { return nil }
