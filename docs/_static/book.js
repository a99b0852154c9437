// The playground runs Python as WebAssembly: where there is none, the page is what there is.
if (typeof WebAssembly === "undefined") document.documentElement.classList.add("no-playground");
