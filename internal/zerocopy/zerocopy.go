// Package zerocopy converts between strings and bytes without copying, where a
// copy would cost as much as the rest of the work on a cached token. It is the
// one package that imports unsafe.
package zerocopy

import "unsafe"

// Bytes are those of text, for functions that only read them. Writing to them
// is undefined.
func Bytes(text string) []byte { return unsafe.Slice(unsafe.StringData(text), len(text)) }

// String is a string of bytes that are never written to again.
func String(bytes []byte) string { return unsafe.String(unsafe.SliceData(bytes), len(bytes)) }
