"use strict";
// Copy a block to the clipboard; the button shows the result.
async function write(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Without permission for the clipboard, copy a selection.
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    if (!done) throw new Error("the browser does not let this page copy");
  }
}
for (const button of document.querySelectorAll("button.copy")) {
  button.addEventListener("click", async () => {
    const block = button.parentElement;
    const left = block.querySelector("mark");
    let label = left ? `Copied; fill in ${left.textContent}` : "Copied";
    try {
      await write(block.querySelector("code").textContent);
    } catch {
      label = "Not copied: select it by hand";
    }
    button.textContent = label;
    button.classList.add(label === "Copied" ? "done" : "short");
    setTimeout(() => {
      button.textContent = "Copy";
      button.classList.remove("done", "short");
    }, 2500);
  });
}
// On a small screen the contents would hide the page's start.
const contents = document.querySelector("nav details");
if (window.matchMedia("(max-width: 60rem)").matches) contents.open = false;
