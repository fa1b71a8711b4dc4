//go:build !js

package layout

import (
	"bytes"
	"context"
	"fmt"
	"sync"

	"github.com/goccy/go-graphviz/cgraph"
	"github.com/goccy/go-graphviz/gvc"
)

// one call at a time: Graphviz keeps state.
var one sync.Mutex

// Plain lays out a graph in Graphviz's language and returns the places in its
// plain format.
func Plain(dot string) (string, error) {
	one.Lock()
	defer one.Unlock()
	ctx := context.Background()
	c, err := gvc.New(ctx)
	if err != nil {
		return "", fmt.Errorf("layout: %w", err)
	}
	defer c.Close()
	g, err := cgraph.ParseBytes([]byte(dot))
	if err != nil {
		return "", fmt.Errorf("layout: %w", err)
	}
	defer g.Close()
	if err := c.Layout(ctx, g, "dot"); err != nil {
		return "", fmt.Errorf("layout: %w", err)
	}
	defer c.FreeLayout(ctx, g)
	var out bytes.Buffer
	if err := c.RenderData(ctx, g, "plain", &out); err != nil {
		return "", fmt.Errorf("layout: %w", err)
	}
	return out.String(), nil
}
