package token

import "unsafe"

// emptyBucket is what a bucket of a cache takes with nothing in it.
const emptyBucket = int(unsafe.Sizeof(bucket{}))

// bytesOf gives the bytes of text to functions that only read them. Copying
// them would cost as much as the rest of the work on a remembered token.
func bytesOf(text string) []byte { return unsafe.Slice(unsafe.StringData(text), len(text)) }

// textOf is a string of bytes that nobody will write to any more.
func textOf(bytes []byte) string { return unsafe.String(unsafe.SliceData(bytes), len(bytes)) }
