using System.IO.Compression;
using System.Text;
using FreeGpt4.Tests.LlmApi;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace FreeGpt4.Tests.Pages;

/// <summary>What goes along with a question: a model, instructions, parameters, files.</summary>
[Collection(ChatFixture.Name)]
public sealed class ChatInputTests(ChatFixture chat)
{
    [Fact]
    public async Task Model_ChosenBySearch_IsAskedAndKept()
    {
        await using var page = await chat.OpenAsync();
        await page.Page.Locator("#pick-model").ClickAsync();
        var dialog = page.Page.GetByRole(AriaRole.Dialog);
        await Expect(dialog.GetByRole(AriaRole.Option, new() { Name = "auto" })).ToHaveAttributeAsync("aria-selected", "true");
        await Expect(dialog.GetByRole(AriaRole.Option, new() { Name = "tiny-1" })).ToContainTextAsync("Custom");

        await page.Page.Keyboard.TypeAsync("custom tin");
        await Expect(dialog.GetByText("1 model")).ToBeVisibleAsync();
        await page.Page.Keyboard.PressAsync("Enter");

        await Expect(page.Page.Locator("#model")).ToHaveTextAsync("tiny-1");
        await page.AskAsync("with a model");
        await page.ReloadAsync();
        await Expect(page.Page.Locator("#model")).ToHaveTextAsync("tiny-1");
        await page.Page.Locator("#pick-model").ClickAsync();
        await Expect(dialog.GetByRole(AriaRole.Combobox)).ToBeFocusedAsync();
        await page.Page.Keyboard.TypeAsync("no-such-model");
        await Expect(dialog.GetByText("No model has that in its name.")).ToBeVisibleAsync();
        await dialog.GetByRole(AriaRole.Option).ClickAsync();
        await page.AskAsync("whoever that is");
        chat.Model.Chats[^1].Value("model").ShouldBe("no-such-model");
    }

    [Fact]
    public async Task Options_OfAConversation_GoWithItsQuestionsAndNoOthers()
    {
        await using var page = await chat.OpenAsync();
        await page.ClickAsync("Options of this conversation");
        await page.Page.GetByLabel("Temperature").FillAsync("7");
        await page.Page.GetByLabel("Instructions").FillAsync("Answer in rhymes.");
        await page.Page.GetByLabel("Further parameters").FillAsync("""{"stream": false}""");
        await page.ClickAsync("Save");
        await Expect(page.Page.GetByRole(AriaRole.Dialog)).ToBeVisibleAsync();
        await page.Page.GetByLabel("Temperature").FillAsync("0.5");
        await page.Page.GetByLabel("Max tokens").FillAsync("40");
        await page.Page.GetByLabel("Further parameters").FillAsync("""{"seed": 7}""");
        await page.ClickAsync("Save");
        await Expect(page.Page.GetByRole(AriaRole.Dialog)).ToHaveCountAsync(0);

        await page.AskAsync("with options");
        await page.ReloadAsync();
        await page.AskAsync("still with options");
        var asked = chat.Model.Chats[^1];
        await page.ClickAsync("New conversation");
        await page.AskAsync("without options");

        asked.Value("messages", 0, "role").ShouldBe("system");
        asked.Value("messages", 0, "content").ShouldBe("Answer in rhymes.");
        asked["temperature"]!.GetValue<double>().ShouldBe(0.5);
        asked["max_tokens"]!.GetValue<int>().ShouldBe(40);
        asked["seed"]!.GetValue<int>().ShouldBe(7);
        asked["stream"]!.GetValue<bool>().ShouldBeTrue();
        chat.Model.Chats[^1].Value("messages", 0, "role").ShouldBe("user");
        chat.Model.Chats[^1]["temperature"].ShouldBeNull();
    }

    [Fact]
    public async Task Files_Attached_ReachTheModelAndAreShownAgain()
    {
        await using var page = await chat.OpenAsync();
        await page.Page.SetInputFilesAsync(
            "#files",
            new FilePayload[]
            {
                new() { Name = "данные.csv", MimeType = "text/csv", Buffer = Encoding.UTF8.GetBytes("a,b\nä,🙂\n") },
                new() { Name = "large.png", MimeType = "image/png", Buffer = Png(3000, 40) },
                new() { Name = "program.exe", MimeType = "application/octet-stream", Buffer = [0x4D, 0x5A, 0, 0xFF] },
            });
        await Expect(page.Page.Locator(".attachments .chip")).ToHaveCountAsync(2);
        await Expect(page.Notice.Filter(new() { HasText = "program.exe is neither text nor a picture." })).ToBeVisibleAsync();

        await page.AskAsync("What is in these?");

        var parts = chat.Model.Chats[^1]["messages"]![0]!["content"]!.AsArray();
        parts.Count.ShouldBe(3);
        parts[0].Value("text").ShouldBe("What is in these?");
        parts[1].Value("text").ShouldBe("File \"данные.csv\":\n\na,b\nä,🙂\n");
        var picture = parts[2].Value("image_url", "url")!;
        picture.ShouldStartWith("data:image/jpeg;base64,");
        (await page.Page.EvaluateAsync<int>("async url => { const image = new Image(); image.src = url; await image.decode(); return image.width; }", picture)).ShouldBe(1280);
        await page.ReloadAsync();
        await Expect(page.Questions.Locator(".chip-name")).ToHaveTextAsync(["данные.csv", "large.png"]);
        await Expect(page.Questions.Locator("p")).ToHaveTextAsync("What is in these?");

        await page.Questions.GetByRole(AriaRole.Button, new() { Name = "Edit the question" }).ClickAsync();
        await page.Questions.GetByRole(AriaRole.Textbox).FillAsync("And now?");
        await page.Questions.GetByText("Send").ClickAsync();
        await Expect(page.LastAnswer).ToContainTextAsync("You said: And now?");
        await page.AnsweredAsync();
        chat.Model.Chats[^1]["messages"]![0]!["content"]!.AsArray().Skip(1).Select(part => part!.ToJsonString())
            .ShouldBe(parts.Skip(1).Select(part => part!.ToJsonString()));
    }

    // Grey, without a palette: https://www.w3.org/TR/png-3/#5DataRep
    private static byte[] Png(int width, int height)
    {
        using var file = new MemoryStream();
        file.Write([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]);
        Write("IHDR", [.. BigEndian(width), .. BigEndian(height), 8, 0, 0, 0, 0]);
        using (var bytes = new MemoryStream())
        {
            using (var zlib = new ZLibStream(bytes, CompressionLevel.Fastest, leaveOpen: true))
            {
                zlib.Write(new byte[(width + 1) * height]);
            }

            Write("IDAT", bytes.ToArray());
        }

        Write("IEND", []);
        return file.ToArray();

        void Write(string type, byte[] content)
        {
            byte[] named = [.. Encoding.ASCII.GetBytes(type), .. content];
            file.Write(BigEndian(content.Length));
            file.Write(named);
            file.Write(BigEndian((int)Crc(named)));
        }

        static byte[] BigEndian(int value) => [(byte)(value >> 24), (byte)(value >> 16), (byte)(value >> 8), (byte)value];

        static uint Crc(byte[] bytes)
        {
            var crc = uint.MaxValue;
            foreach (var value in bytes)
            {
                crc ^= value;
                for (var bit = 0; bit < 8; bit++)
                {
                    crc = (crc & 1) == 1 ? (crc >> 1) ^ 0xEDB88320 : crc >> 1;
                }
            }

            return ~crc;
        }
    }
}
