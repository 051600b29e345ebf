// What a person does on the page of Swagger UI, and what a person sees there. Notes every request and every error of the
// page on the way.
import { chromium } from "playwright-core";

// The browser shall look up no host and call nobody of its own accord.
const FLAGS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
];

export const launch = () =>
  chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });

export class Explorer {
  /** Where requests went to, those that failed included. */
  hosts = new Set();
  /** What the page complained about. */
  errors = [];

  static async open(browser, address) {
    const page = await browser.newPage({ viewport: { width: 1280, height: 1500 } });
    page.setDefaultTimeout(15_000);
    const explorer = new Explorer(page);
    // What the page's policy forbids, whether or not the browser notes it.
    await page.addInitScript(() => {
      const note = ({ violatedDirective, blockedURI, sample }) =>
        console.error(`the policy forbids ${violatedDirective}: ${blockedURI} ${sample}`);
      document.addEventListener("securitypolicyviolation", note);
    });
    await page.goto(`${address}/docs/`);
    await page.locator(".opblock").first().waitFor();
    return explorer;
  }

  constructor(page) {
    this.page = page;
    page.context().on("request", (request) => {
      const url = new URL(request.url());
      // Pictures that the page holds itself need no host.
      if (url.protocol !== "data:") this.hosts.add(url.host);
    });
    page.on("requestfailed", (request) => this.errors.push(`${request.url()}: ${request.failure()?.errorText}`));
    page.on("pageerror", (error) => this.errors.push(String(error)));
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) this.errors.push(message.text());
    });
  }

  operation(id) {
    return this.page.locator(`.opblock[id$="-${id}"]`);
  }

  operations() {
    return this.page.locator(".opblock .opblock-summary-operation-id").allInnerTexts();
  }

  /** Opens the operation, presses Execute with what is filled in, and reads the answer that is shown. */
  async execute(id) {
    const block = this.operation(id);
    await block.locator(".opblock-summary-control").click();
    await block.getByRole("button", { name: "Execute" }).click();
    const shown = block.locator("table.live-responses-table tr.response");
    const status = (await shown.locator(".response-col_status").innerText()).trim();
    const body = shown.locator(".response-col_description .highlight-code").first();
    return { status, body: (await body.isVisible()) ? await body.innerText() : "" };
  }

  /** Enters a token, as the lock on the page asks for it. */
  async authorize(token) {
    await this.page.getByRole("button", { name: "Authorize", exact: true }).click();
    const dialog = this.page.locator(".dialog-ux .modal-ux");
    // One form for each way to say who calls; a signature is nothing that a person would enter.
    const form = dialog.locator("form").filter({ hasText: "X-Auth-Token" });
    await form.locator("input").fill(token);
    await form.getByRole("button", { name: "Apply credentials" }).click();
    await form.locator(".btn-done").click();
  }

  /** From the operation's title down to the answer that is shown. */
  async photograph(id, file) {
    await this.page.setViewportSize({ width: 1280, height: 1950 });
    await this.operation(id).evaluate((block) => block.scrollIntoView());
    await this.page.screenshot({ path: file });
  }
}
