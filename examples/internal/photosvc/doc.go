// Package photosvc is the photo service of the examples: a store of photos
// that belong to people, and the HTTP and gRPC faces that guard it with
// postern. Neither face ever asks whose photos a call is about: that is the
// subject of the verified access token, and nothing else.
package photosvc
