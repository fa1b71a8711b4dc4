package data

import (
	"strings"
	"testing"
)

func TestSplit(t *testing.T) {
	all, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	train, held := all.Split()
	if all.N != 1797 || train.N != 1437 || held.N != 360 {
		t.Errorf("%d images are split into %d and %d, want 1797, 1437 and 360", all.N, train.N, held.N)
	}
	if p := held.Part(350, 20); p.N != 10 || len(p.Grey) != 10*Pixels || p.Digit[9] != held.Digit[359] {
		t.Errorf("the last of 360 images from the 350th on are %d, want 10", p.N)
	}
}

func TestReadErrors(t *testing.T) {
	row := strings.Repeat("0,", Pixels)
	for _, test := range []struct{ name, text, want string }{
		{"short", "0,1,2\n", "line 1"},
		{"grey", row + "1\n17," + row[2:] + "1\n", `line 2, column 1: "17" is not a whole number from 0 to 16`},
		{"digit", row + "10\n", `line 1, column 129: "10" is not a whole number from 0 to 9`},
	} {
		if _, err := read(strings.NewReader(test.text)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: the error is %v, want %q in it", test.name, err, test.want)
		}
	}
}
