package ports

import "errors"

func listenReused(string) (int, error) { return 0, errors.ErrUnsupported }
