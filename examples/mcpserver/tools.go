package main

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/postern-go/postern/token"
)

type (
	inAlbum struct {
		Album string `json:"album,omitempty" jsonschema:"the album; all of them if it is left out"`
	}
	theAlbum struct {
		Album string `json:"album" jsonschema:"the album to delete, with its photos"`
	}
	newPhoto struct {
		Album string `json:"album" jsonschema:"the album to add to"`
		Title string `json:"title" jsonschema:"the title of the photo"`
	}
	photoList struct {
		Photos []photo `json:"photos"`
	}
	deleted struct {
		Photos int `json:"photos"`
	}
)

const albumPrefix, albumTemplate = "photos://album/", "photos://album/{album}"

// newServer is the MCP server. It knows nothing of guards: by token.FromContext
// it learns who calls.
func newServer(photos *library) *mcp.Server {
	s := mcp.NewServer(&mcp.Implementation{Name: "photos", Version: "v1.0.0"}, nil)
	mcp.AddTool(s, &mcp.Tool{Name: "list_photos", Description: "Lists photos"},
		func(_ context.Context, _ *mcp.CallToolRequest, in inAlbum) (*mcp.CallToolResult, photoList, error) {
			return nil, photoList{append([]photo{}, photos.list(in.Album)...)}, nil
		})
	mcp.AddTool(s, &mcp.Tool{Name: "add_photo", Description: "Adds a photo to an album"},
		func(ctx context.Context, _ *mcp.CallToolRequest, in newPhoto) (*mcp.CallToolResult, photo, error) {
			t, _ := token.FromContext(ctx)
			p := photo{Album: in.Album, Title: in.Title, By: t.Subject()}
			return nil, p, photos.add(p)
		})
	mcp.AddTool(s, &mcp.Tool{Name: "delete_album", Description: "Deletes an album with its photos"},
		func(_ context.Context, _ *mcp.CallToolRequest, in theAlbum) (*mcp.CallToolResult, deleted, error) {
			n, err := photos.remove(in.Album)
			return nil, deleted{n}, err
		})
	s.AddResourceTemplate(&mcp.ResourceTemplate{URITemplate: albumTemplate, Name: "album", MIMEType: "application/json"},
		func(_ context.Context, r *mcp.ReadResourceRequest) (*mcp.ReadResourceResult, error) {
			return readAlbum(photos, r.Params.URI)
		})
	return s
}

func readAlbum(photos *library, uri string) (*mcp.ReadResourceResult, error) {
	name, err := url.PathUnescape(strings.TrimPrefix(uri, albumPrefix))
	list := photos.list(name)
	if err != nil || name == "" || list == nil {
		return nil, mcp.ResourceNotFoundError(uri)
	}
	text, err := json.Marshal(list)
	return &mcp.ReadResourceResult{Contents: []*mcp.ResourceContents{{URI: uri, MIMEType: "application/json", Text: string(text)}}}, err
}
