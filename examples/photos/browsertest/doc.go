// Package browsertest goes through the pages of the photo story in a real
// browser: sign-in, consent, and the printing service's page with the photos.
// It is a module of its own, so that the driver of the browser stays out of the
// module of the library.
//
//	apt-get install chromium
//	cd examples/photos/browsertest && go test ./...
//
// SCREENSHOTS=DIR keeps a picture of each page in DIR. CHROMIUM=PATH names the
// browser if it is not on the PATH.
package browsertest
