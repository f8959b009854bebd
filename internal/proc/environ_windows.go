package proc

import "errors"

// environReader reads nothing: Windows shows no other process's environment.
type environReader struct{}

func (environReader) read(int) ([]byte, error) { return nil, errors.ErrUnsupported }
