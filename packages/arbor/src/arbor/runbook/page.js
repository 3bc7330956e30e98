"use strict";
// What a block says, to the clipboard; the button tells how it went.
async function write(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Where the page has no right to the clipboard: through a selection.
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
    let said = left ? `Copied; fill in ${left.textContent}` : "Copied";
    try {
      await write(block.querySelector("code").textContent);
    } catch {
      said = "Not copied: select it by hand";
    }
    button.textContent = said;
    button.classList.add(said === "Copied" ? "done" : "short");
    setTimeout(() => {
      button.textContent = "Copy";
      button.classList.remove("done", "short");
    }, 2500);
  });
}
// On a small screen the contents would stand between the reader and the page.
const contents = document.querySelector("nav details");
if (window.matchMedia("(max-width: 60rem)").matches) contents.open = false;
