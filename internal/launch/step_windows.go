package launch

import (
	"fmt"
	"os"
)

// Step says that there is no exec step: a program gets all that Windows can
// give it when it is created. The code is that of a program that was not executed.
func Step() (code int) {
	fmt.Fprintln(os.Stderr, "forever: error: there is no exec step on Windows")
	return 127
}
